"""Copy the orders of a filled installation for the peers, in plain text, with a user for each. Keeps existing copies.

python -m benchmarks.copies FOLDER [--database sqlite|postgresql|URL]
"""

from benchmarks import desk_pages as desk
from benchmarks.parts import parser
from benchmarks.peers import programs
from benchmarks.places import app_of, opened


def main() -> None:
    options = parser(__doc__).parse_args()
    if not programs.is_there():
        print("No copies: the peers' environment is made by `make .venv-benchmarks/ready`.")
        return
    with opened(options.folder, options.database) as place:
        for said in programs.prepare(place, desk.count(app_of(place.desk)), options.seed):
            print(said, flush=True)


if __name__ == "__main__":
    main()
