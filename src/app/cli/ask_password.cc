#include "app/cli/ask_password.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace ashlar::app {

std::string ask_password(const char* question) {
  std::string password;
  termios before{};
  if (::tcgetattr(STDIN_FILENO, &before) != 0) {
    std::getline(std::cin, password);
    return password;
  }
  std::fprintf(stderr, "%s: ", question);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::getline(std::cin, password);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  std::fprintf(stderr, "\n");
  return password;
}

}  // namespace ashlar::app
