// Csv: RFC 4180, read strictly and written so that a spreadsheet shows text and runs none of it.
//
// Reading: CR LF or LF; a quoted field may hold delimiters, line ends and doubled quotes; a quote
// inside an unquoted field, or text behind a closing quote, is refused. Blank lines are passed
// over. Bounds: kMaxColumns fields a row, `max_field` bytes a field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::payments::reconcile {

class CsvReader {
 public:
  static constexpr std::size_t kMaxColumns = 64;

  // `text` outlives it.
  CsvReader(std::string_view text, char delimiter, std::size_t max_field)
      : text_(text), delimiter_(delimiter), max_field_(max_field) {}

  // False at the end. kInvalid statement_malformed, with the line.
  base::Result<bool> next(std::vector<std::string>& row);
  [[nodiscard]] std::int64_t line() const { return row_line_; }  // where the last row began, from 1

 private:
  base::Status read_field(std::string& field);
  base::Status read_quoted(std::string& field);
  [[nodiscard]] base::Error malformed(std::string_view what) const;
  [[nodiscard]] bool at_row_end() const;
  void skip_line_end();

  std::string_view text_;
  const char delimiter_;
  const std::size_t max_field_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::int64_t row_line_ = 0;
};

// The one of "," and ";" that the first line has more of.
char guess_delimiter(std::string_view text);

// Quoted where it must be. Text that a spreadsheet would take for a formula (=, +, -, @, tab) is
// led by an apostrophe.
std::string csv_text(std::string_view text);

}  // namespace ashlar::payments::reconcile
