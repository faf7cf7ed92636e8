// Ashlar. From here: app/cli (commands) or app/app.cc (the server) -> app/modules.cc (the list of
// modules) -> modules/*/…_wire.cc (the routes of each) -> the rules.
#include "app/cli/cli.h"

int main(int argc, char** argv) { return ashlar::app::run_command_line(argc, argv); }
