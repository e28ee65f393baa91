#!/bin/sh
# Starts the packaged rocketgui. What needs no window runs in the app's own Python, which is there at once; the frozen
# program that shows the window takes three times as long to begin. A mistake here would cost time and nothing else:
# without_window.py hands on what needs a window after all, and the frozen program can do everything.
file=$0
if [ -L "$file" ]; then
    file=$(PATH=$PATH:/usr/bin:/bin readlink -f "$file")
fi
home=${file%/*}
for word in "$@"; do
    case $word in
    --version | --headless | --self-test | --help | -h)
        exec "$home"/_internal/python/bin/python3 -I -S "$home/_internal/without_window.py" "$@"
        ;;
    esac
done
exec "$home/rocketgui-window" "$@"
