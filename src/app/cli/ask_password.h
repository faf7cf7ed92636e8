// ask_password: a line from standard input that nobody looking at the terminal can read.
//
// On a terminal it asks and switches the echo off while the line is typed, also where the answer
// never comes (the terminal is as before when it returns). From a pipe it reads the first line and
// asks nothing.
#pragma once

#include <string>

namespace ashlar::app {

std::string ask_password(const char* question);

}  // namespace ashlar::app
