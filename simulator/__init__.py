"""An imitation of Amazon's Selling Partner API over HTTP. It and the product meet over HTTP alone."""
