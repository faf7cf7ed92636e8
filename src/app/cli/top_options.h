// What `ashlar top` was asked for: the words of its command line, and what they mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/activity/top_reader.h"

namespace ashlar::app {

// As given, or their defaults.
struct TopWords {
  std::string k = "10";
  std::string window = "300s";
  std::string by = "user";
  std::string format = "table";
  std::string input = "auto";
  std::string interval = "1s";
  std::string max_memory = "2g";
  bool once = false;
  std::vector<std::string> files;
};

enum class TopFormat : std::uint8_t { kTable, kTsv, kJson };

struct TopOptions {
  activity::TopReader::Options reader;
  std::size_t k = 10;
  TopFormat format = TopFormat::kTable;
  base::Millis interval{1000};
  bool once = false;
  std::vector<std::string> files;  // none: standard input
};

// Errors: kInvalid wrong_option, of which the detail names the option and what it takes.
base::Result<TopOptions> read_top_words(const TopWords& words);

}  // namespace ashlar::app
