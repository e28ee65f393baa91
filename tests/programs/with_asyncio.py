"""asyncio with an executor of processes and with processes of its own."""

import asyncio
import concurrent.futures
import sys


def square(number):
    return number * number


async def run():
    loop = asyncio.get_running_loop()
    with concurrent.futures.ProcessPoolExecutor(2) as executor:
        print(await asyncio.gather(*(loop.run_in_executor(executor, square, number) for number in range(6))))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print('from', input())", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    print(await process.communicate(b"a pipe\n"), process.returncode)
    shell = await asyncio.create_subprocess_shell("exit 3")
    print(await shell.wait())


if __name__ == "__main__":
    asyncio.run(run())
