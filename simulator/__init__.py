"""A simulator of Amazon's Selling Partner API. The product talks to it over HTTP only."""
