// The command line. Exit codes: 0 done, 1 it did not work (one line on standard error says why),
// 2 the command line or a setting is wrong.
#pragma once

namespace ashlar::app {

int run_command_line(int argc, char** argv);

}  // namespace ashlar::app
