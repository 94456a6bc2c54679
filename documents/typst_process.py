"""Compiles one template. A separate program, which typesetting.py starts for every document; it imports nothing of the site.

Arguments: the folder of the templates, the template's name, the folder of the font. Standard input: the inputs as JSON.
Standard output: the PDF. Other fonts of the machine are ignored, so the output is the same everywhere.
"""

import json
import os
import resource
import sys

CPU_SECONDS = 20
MEMORY_BYTES = 1024 * 1024 * 1024


def main(templates: str, template: str, fonts: str) -> None:
    for kind, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    import typst

    pdf = typst.compile(
        os.path.join(templates, f"{template}.typ"),  # noqa: PTH118 - pathlib would double the time to start
        root=templates,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts]),
        ignore_system_fonts=True,
        sys_inputs=json.load(sys.stdin),
        timestamp=0,
    )
    sys.stdout.buffer.write(pdf)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
    os._exit(0)  # the process ends without freeing what the compiler holds
