#include "modules/payments/reconcile/csv.h"

#include <algorithm>

namespace ashlar::payments::reconcile {

base::Error CsvReader::malformed(std::string_view what) const {
  return base::fail(base::Code::kInvalid, "statement_malformed",
                    "line " + std::to_string(line_) + ": " + std::string(what));
}

bool CsvReader::at_row_end() const {
  return at_ >= text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n";
}

void CsvReader::skip_line_end() {
  if (at_ >= text_.size()) return;
  at_ += text_[at_] == '\r' ? 2 : 1;
  ++line_;
}

base::Result<bool> CsvReader::next(std::vector<std::string>& row) {
  row.clear();
  while (at_ < text_.size() && at_row_end()) skip_line_end();
  if (at_ >= text_.size()) return false;
  row_line_ = line_;
  while (true) {
    if (row.size() == kMaxColumns) return malformed("more than 64 columns");
    ASHLAR_TRY(read_field(row.emplace_back()));
    if (at_row_end()) break;
    ++at_;  // the delimiter
  }
  skip_line_end();
  return true;
}

base::Status CsvReader::read_field(std::string& field) {
  if (at_ < text_.size() && text_[at_] == '"') return read_quoted(field);
  const std::size_t start = at_;
  while (!at_row_end() && text_[at_] != delimiter_) {
    if (text_[at_] == '"') return malformed("a quote inside an unquoted field");
    if (text_[at_] == '\r') return malformed("a carriage return without a line feed");
    if (at_ - start == max_field_) return malformed("a field is too long");
    ++at_;
  }
  field = text_.substr(start, at_ - start);
  return base::ok_status();
}

base::Status CsvReader::read_quoted(std::string& field) {
  ++at_;
  while (true) {
    if (at_ >= text_.size()) return malformed("a quoted field has no end");
    const char c = text_[at_++];
    if (c == '"') {
      if (at_ >= text_.size() || text_[at_] != '"') break;
      ++at_;
    }
    if (c == '\n') ++line_;
    if (field.size() == max_field_) return malformed("a field is too long");
    field.push_back(c);
  }
  if (!at_row_end() && text_[at_] != delimiter_) return malformed("text behind a closing quote");
  return base::ok_status();
}

char guess_delimiter(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  return std::ranges::count(first, ';') > std::ranges::count(first, ',') ? ';' : ',';
}

std::string csv_text(std::string_view text) {
  constexpr std::string_view kFormula = "=+-@\t\r";
  const bool formula = !text.empty() && kFormula.contains(text.front());
  if (!formula && text.find_first_of(",;\"\r\n\t ") == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "\"";
  if (formula) out.push_back('\'');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

}  // namespace ashlar::payments::reconcile
