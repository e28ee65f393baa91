"""60 short-lived processes, ten at a time."""

import multiprocessing

if __name__ == "__main__":
    codes = []
    for _ in range(6):
        processes = [multiprocessing.Process(target=len, args=("",)) for _ in range(10)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
            codes.append(process.exitcode)
    print(len(codes), set(codes))
