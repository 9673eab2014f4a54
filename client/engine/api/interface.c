/* SPDX-License-Identifier: ISC */
/*
 * The interface file, as the engine hands it out to whoever asks what it speaks.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: be the very file that stands in config/.
 */
#include "client/engine/api/call.h"

__asm__(".section .rodata\n"
	".global interface_text\n"
	".type interface_text, @object\n"
	"interface_text:\n"
	".incbin \"config/io.berth.Engine.varlink\"\n"
	".byte 0\n"
	".size interface_text, . - interface_text\n"
	".previous\n");
