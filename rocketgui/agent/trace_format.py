"""The bytes of trace buffers and of the control block: plain constants, shared by the writer of each and its reader.

A trace buffer is one file: a header, then two rings of slots. There are two, so that much output in the one ring cannot
overwrite the lifecycle events in the other. A slot is

    number  u64   1, 2, 3, ... in this ring; slot k holds the numbers k+1, k+1+size, ...; 0: never written
    check   u32   CRC-32 of the rest of the slot, started with the number
    kind    u8    one of the kinds below
    size    u8    bytes used of the payload
    part    u8    a long record goes on in `parts` slots, this is the part-th (0, 1, ...)
    parts   u8
    payload 48 B  if parts > 1 it begins with the number of the record's first slot

A slot whose number is not the expected one was not yet written, or was overwritten. A slot whose check is wrong is
being written, or was half written by a process that died. Neither the writer nor the reader ever waits.

Tested by tests/collector/trace/test_reader.py.
"""

MAGIC = b"RGTRACE\x04"
#: magic, pid, parent's pid, creation time in ns, 0 or the system's number of the thread that made the interpreter
HEADER = "<8sqqqq"
HEADER_SIZE = 4096

SLOT = "<QIBBBB48s"
#: The same without the number and the check.
SLOT_REST = "<BBBB48s"
SLOT_SIZE = 64
PAYLOAD_SIZE = 48
LINK = "<Q"
LINK_SIZE = 8
MAX_PARTS = 255
#: The longest text that a record can hold, in bytes of UTF-8.
MAX_TEXT = 8000
#: The longest printed line, in bytes of UTF-8; a longer line is cut and marked as cut.
MAX_LINE = 7_800
#: The longest text of an event that is not its last text, in characters: the texts after it still have room.
MAX_WORD = 1000
#: The largest number that is sampled: the largest float. A value that is larger, or is not a number, cannot be drawn.
#: Python writes integers up to here as text whatever limit a program sets (`sys.set_int_max_str_digits`).
LARGEST = 1.7976931348623157e308

#: Slots in the ring of events, and in the ring of samples and output.
EVENT_SLOTS = 4096
FLOW_SLOTS = 4096
EVENT_OFFSET = HEADER_SIZE
FLOW_OFFSET = EVENT_OFFSET + EVENT_SLOTS * SLOT_SIZE
TRACE_SIZE = FLOW_OFFSET + FLOW_SLOTS * SLOT_SIZE

#: Flow: number among the samples, time, index of the name, value.
SAMPLE_INT = 1
SAMPLE_INT_BODY = "<IqHq"
SAMPLE_FLOAT = 2
SAMPLE_FLOAT_BODY = "<IqHd"
#: All others: number among records of its kind, time, then texts with SEPARATOR between them.
TEXT_HEAD = "<Iq"
TEXT_HEAD_SIZE = 12
SEPARATOR = "\x1f"
#: Flow: index, digits of an integer beyond 64 bits.
SAMPLE_BIG = 3
#: Flow: STREAM, or STREAM:N for thread number N other than the main one; lines with \n between them. The record's
#: number counts lines, not records: the lines of this record and all before them, written or left out.
OUTPUT = 4
#: Event: index, watched name, number of the thread whose attribute it is (0: it is not a thread's).
NAME = 16
#: Event: Python version, 1 if there is a GIL; exec, fork or interpreter; name of the helper if the process is one;
#: after exec, the beginning of the command line.
BEGAN = 17
#: Event: name of the process, pid of the process that called start() for it.
NAMED = 18
#: Event: pid of the child, its name; the time is that of the call.
START_CALLED = 19
#: Event: name of the child that was not started, error.
START_FAILED = 20
TARGET_ENTERED = 21
TARGET_LEFT = 22
#: Event: last line of the traceback.
FAILED = 23
#: Event: exit code or nothing, CPU s, voluntary and involuntary switches, peak memory in bytes (nothing: unknown).
EXITING = 24
#: Event: pid of the child, exit code (-N: killed by signal N).
REAPED = 25
#: Event: pid of the child.
JOINED = 26
#: Event: CPU seconds of the agent's thread so far, errors inside the agent so far, the last of them.
OVERHEAD = 27
#: Event: number of a thread, what happened to it (a moment as in messages.LIFECYCLE_EVENTS, start_failed or failed),
#: and its name, its number in the system, or the error.
THREAD = 28
#: Event: pid of a process that was started without multiprocessing, the beginning of its command line; the time is that
#: of the call.
SPAWNED = 29
#: Event: CPU of the main thread since the last such event in percent of a core (-1: unknown), the shortest delay of the
#: sampling thread since then in us; then, unless they are the same as in the last event: what the stack says the thread
#: waits for (one of messages.ACTIVITIES, or nothing), the process that it joins (or nothing), file, line, function.
ACTIVITY = 30
#: Event: pid of a child, the number of the signal by which terminate() or kill() is about to end it.
TERMINATED = 31
#: Event: index of a name whose value is beyond LARGEST, infinite or not a number; written once for each name.
NOT_DRAWN = 32

KINDS = (*range(SAMPLE_INT, OUTPUT + 1), *range(NAME, NOT_DRAWN + 1))

#: The control block is a file `control_block` beside the trace buffers: version, CRC-32 and length of the text, then
#: the text. Its lines are `rate HZ`; `generation N`, the number of the collector that reads now, among those of the
#: run; and `set WHO NAME NUMBER`. WHO is a pid; PID:N, a thread by its number; PID:iN, the interpreter made by the
#: thread that has the number N in the system; or 0 for every process, thread and interpreter.
CONTROL_BLOCK_HEAD = "<QII"
CONTROL_BLOCK_TEXT = 16
CONTROL_BLOCK_SIZE = 65536
CONTROL_BLOCK_FILE = "control_block"
TRACE_SUFFIX = ".trace"

#: Environment: the run's private directory; the watched names with commas between.
ENV_RUN = "ROCKETGUI_RUN"
ENV_WATCH = "ROCKETGUI_WATCH"
#: Environment: PYTHONPATH as it was before the agent's directory was put in front of it (unset: it was unset).
ENV_PYTHONPATH = "ROCKETGUI_PYTHONPATH"
#: Environment: the pid in which an agent has begun; a second interpreter in the same process finds its own pid there.
ENV_PID = "ROCKETGUI_PID"
#: Environment: the owner of the run, as `owner.identity` names it; unset or empty where the system does not tell.
ENV_OWNER = "ROCKETGUI_OWNER"
