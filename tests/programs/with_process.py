"""Processes, by a function and by a class, with what they were given and how they ended."""

import multiprocessing
import sys

context = multiprocessing.get_context(sys.argv[1] if len(sys.argv) > 1 else None)


class Doubler(context.Process):
    def __init__(self, number):
        super().__init__(name="doubler")
        self.number = number

    def run(self):
        print(self.name, 2 * self.number, flush=True)


def greet(name, punctuation="."):
    print("hello", name + punctuation, multiprocessing.current_process().name, flush=True)


if __name__ == "__main__":
    processes = [
        context.Process(target=greet, args=("one",)),
        context.Process(target=greet, args=("two",), kwargs={"punctuation": "!"}, name="second"),
        context.Process(target=sys.exit, args=(7,)),
        context.Process(),
        Doubler(21),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        print(process.name, process.exitcode)
