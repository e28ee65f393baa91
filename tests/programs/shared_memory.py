"""Value, Array, and a block of shared memory, changed by two processes."""

import multiprocessing
import sys
from multiprocessing.shared_memory import SharedMemory


def add(counter, array, name, number):
    for _ in range(1000):
        with counter.get_lock():
            counter.value += 1
    array[number] = number + 0.5
    memory = SharedMemory(name=name)
    memory.buf[number] = number + 1
    memory.close()


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    counter, array = context.Value("i", 0), context.Array("d", 2)
    memory = SharedMemory(create=True, size=2)
    arguments = counter, array, memory.name
    processes = [context.Process(target=add, args=(*arguments, number)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(counter.value, array[:], bytes(memory.buf[:2]))
    memory.close()
    memory.unlink()
