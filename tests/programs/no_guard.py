"""Without `if __name__ == "__main__"`, the child that is spawned starts its own child, and fails."""

import multiprocessing

multiprocessing.set_start_method("spawn", force=True)
process = multiprocessing.Process(target=print, args=("never",))
process.start()
process.join()
print("exit code", process.exitcode)
