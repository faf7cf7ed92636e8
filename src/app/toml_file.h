// read_toml: a settings file as flat entries: [http] idle_timeout_s = 60 becomes
// {"http.idle_timeout_s", "60"}; arrays of texts are joined with commas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::app {

struct TomlEntry {
  std::string key;
  std::string text;
  int line = 0;
};

// In the order of the file. kInvalid wrong_setting: not readable, not TOML, or a value that no
// setting can have (a date, a table in an array).
base::Result<std::vector<TomlEntry>> read_toml(const std::string& path);

// A value that read_toml reads as `text`: a bare number, true or false, or a quoted text. `text` is
// UTF-8.
std::string toml_value(std::string_view text);

// The fewest digits that are read as the same number.
std::string shortest(double value);

}  // namespace ashlar::app
