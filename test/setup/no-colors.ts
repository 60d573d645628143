/**
 * @file Before every test file: the commands that it starts print no colors, whatever the caller's terminal or server asks for.
 */
delete process.env["FORCE_COLOR"];
