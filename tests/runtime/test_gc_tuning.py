import subprocess
import sys

SAYS = (
    "import gc; from webapp.runtime import gc_tuning; gc_tuning.freeze(); "
    "print(gc.get_threshold(), gc.get_freeze_count() > 1000)"
)


def test_existing_objects_are_frozen_and_new_ones_are_collected_less_often():
    result = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    assert result.stdout == "(5000, 20, 50) True\n"
