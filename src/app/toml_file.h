// read_toml: a settings file as flat entries: [http] idle_timeout_s = 60 becomes
// {"http.idle_timeout_s", "60"}; arrays of texts are joined with commas.
#pragma once

#include <string>
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

}  // namespace ashlar::app
