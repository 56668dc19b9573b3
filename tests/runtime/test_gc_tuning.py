import subprocess
import sys

SAYS = (
    "import gc; from webapp.runtime import gc_tuning; gc_tuning.freeze(); "
    "print(gc.get_threshold(), gc.get_freeze_count() > 1000)"
)


def test_what_stands_is_left_alone_and_what_comes_is_looked_through_less_often():
    said = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    assert said.stdout == "(5000, 20, 50) True\n"
