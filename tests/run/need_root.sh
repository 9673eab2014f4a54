#!/bin/sh
# Says what to type, when `make TARGET` needs root and has not got it.
[ "$(id -u)" -ne 0 ] || exit 0
{
	echo "berth: make $1 needs root"
	echo "  it installs Debian packages, and works in namespaces of its own"
	echo "  sudo make $1"
} >&2
exit 77
