#include "modules/links/imports/import_rows.h"

#include <algorithm>

namespace ashlar::links {
namespace {

constexpr std::string_view kBom = "\xef\xbb\xbf";
constexpr std::string_view kDelimiters = ",;\t";

RowFound more(std::string_view bytes, std::size_t skipped) {
  if (bytes.size() - skipped > kMaxRowBytes) return {RowState::kBroken, skipped, {}};
  return {RowState::kMore, skipped, {}};
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Whether a quote here opens a field: anywhere else it is a character.
bool opens(std::string_view bytes, std::size_t from, std::size_t at, std::string_view delimiters) {
  return at == from || delimiters.find(bytes[at - 1]) != std::string_view::npos;
}

// Where the row that begins at `from` ends: its line end, outside quotes where there are
// `delimiters` of fields.
std::size_t row_end(std::string_view bytes, std::size_t from, std::string_view delimiters) {
  bool inside = false;
  for (std::size_t i = from; i < bytes.size(); ++i) {
    if (inside) {
      const bool doubled = i + 1 < bytes.size() && bytes[i + 1] == '"';
      if (bytes[i] == '"' && doubled) {
        ++i;
      } else if (bytes[i] == '"') {
        inside = false;
      }
    } else if (bytes[i] == '\n') {
      return i;
    } else if (!delimiters.empty() && bytes[i] == '"') {
      inside = opens(bytes, from, i, delimiters);
    }
  }
  return std::string_view::npos;
}

RowFound next_line(std::string_view bytes, bool whole, std::string_view delimiters) {
  std::size_t from = 0;
  while (from < bytes.size()) {
    const std::size_t end = row_end(bytes, from, delimiters);
    if (end == std::string_view::npos) {
      if (!whole) return more(bytes, from);
      if (bytes.size() - from > kMaxRowBytes) return {RowState::kBroken, from, {}};
      const std::string_view text = without_cr(bytes.substr(from));
      if (is_blank(text)) return {RowState::kEnd, bytes.size(), {}};
      return {RowState::kRow, bytes.size(), text};
    }
    if (end - from > kMaxRowBytes) return {RowState::kBroken, from, {}};
    const std::string_view text = without_cr(bytes.substr(from, end - from));
    from = end + 1;
    if (!is_blank(text)) return {RowState::kRow, from, text};
  }
  return whole ? RowFound{RowState::kEnd, bytes.size(), {}} : more(bytes, from);
}

// The byte behind the object that begins at `from`; npos: it goes on beyond these bytes.
std::size_t object_end(std::string_view bytes, std::size_t from) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = from; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

// Behind the bracket that opens the first array from `from` on; npos: there is none in these bytes.
std::size_t array_begin(std::string_view bytes, std::size_t from) {
  bool in_string = false;
  for (std::size_t i = from; i < bytes.size(); ++i) {
    if (in_string && bytes[i] == '\\') {
      ++i;
    } else if (bytes[i] == '"') {
      in_string = !in_string;
    } else if (bytes[i] == '[' && !in_string) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t string_end(std::string_view bytes, std::size_t from) {
  for (std::size_t i = from + 1; i < bytes.size(); ++i) {
    if (bytes[i] == '\\') {
      ++i;
    } else if (bytes[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// The byte behind what begins at `from`: a value, or for what is none the character; npos: it goes
// on beyond these bytes.
std::size_t value_end(std::string_view bytes, std::size_t from, bool whole) {
  const char first = bytes[from];
  if (first == '{' || first == '[') return object_end(bytes, from);
  if (first == '"') return string_end(bytes, from);
  const std::size_t end = bytes.find_first_of(",:]} \t\r\n", from);
  if (end != std::string_view::npos) return std::max(end, from + 1);
  return whole ? bytes.size() : end;
}

// Behind the array that ends at `from` come what closes its document and the other members of
// that; then the end, or the next document (kRow, at `used`): a bracket that opens right behind one
// that closed.
RowFound next_document(std::string_view bytes, std::size_t from, bool whole) {
  bool closed = true;
  std::size_t i = from + 1;
  while (i < bytes.size()) {
    const char c = bytes[i];
    if (is_blank(bytes.substr(i, 1))) {
      ++i;
      continue;
    }
    if (closed && (c == '{' || c == '[')) return {RowState::kRow, i, {}};
    if (closed && c != ',' && c != '}' && c != ']') return {RowState::kBroken, from, {}};
    const std::size_t end = value_end(bytes, i, whole);
    if (end == std::string_view::npos) return {whole ? RowState::kBroken : RowState::kMore, i, {}};
    closed = c == '}' || c == ']';
    i = end;
  }
  return {whole ? RowState::kEnd : RowState::kMore, bytes.size(), {}};
}

RowFound next_object(std::string_view bytes, bool whole, bool begun) {
  std::size_t from = 0;
  // Where to go on from if these bytes do not suffice: which document a byte is in is not kept.
  std::size_t again = 0;
  bool inside = begun;
  while (true) {
    if (!inside) from = array_begin(bytes, from);
    if (from == std::string_view::npos) {
      return whole ? RowFound{RowState::kEnd, bytes.size(), {}} : more(bytes, again);
    }
    while (from < bytes.size() && (bytes[from] == ',' || is_blank(bytes.substr(from, 1)))) ++from;
    if (inside && begun) again = from;
    if (from == bytes.size()) {
      return whole ? RowFound{RowState::kEnd, from, {}} : more(bytes, again);
    }
    if (bytes[from] != ']') break;
    const RowFound next = next_document(bytes, from, whole);
    if (next.state == RowState::kMore) return more(bytes, again);
    if (next.state != RowState::kRow) return next;
    from = next.used;
    inside = false;
    begun = false;
  }
  const std::size_t end = value_end(bytes, from, whole);
  if (end == std::string_view::npos || end - from > kMaxRowBytes) {
    if (whole || end != std::string_view::npos) return {RowState::kBroken, from, {}};
    return more(bytes, again);
  }
  return {RowState::kRow, end, bytes.substr(from, end - from)};
}

}  // namespace

RowFound next_row(ImportFormat format, std::string_view bytes, bool whole, bool begun,
                  std::optional<char> delimiter) {
  if (!begun && bytes.size() < kBom.size() && !whole) return {RowState::kMore, 0, {}};
  const std::size_t bom = !begun && bytes.starts_with(kBom) ? kBom.size() : 0;
  bytes.remove_prefix(bom);
  const std::string_view delimiters = format != ImportFormat::kCsv ? std::string_view()
                                      : delimiter ? std::string_view(&*delimiter, 1)
                                                  : kDelimiters;
  RowFound found = format == ImportFormat::kJson ? next_object(bytes, whole, begun)
                                                 : next_line(bytes, whole, delimiters);
  // Until the first row nothing is passed over: what stands before it is looked at again.
  found.used = found.state == RowState::kMore && !begun ? 0 : found.used + bom;
  return found;
}

std::vector<std::string> csv_fields(std::string_view row, char delimiter) {
  std::vector<std::string> fields;
  std::size_t i = 0;
  while (true) {
    if (fields.size() == kMaxColumns) return {};
    std::string& field = fields.emplace_back();
    if (i < row.size() && row[i] == '"') {
      for (++i;; ++i) {
        if (i == row.size()) return {};
        if (row[i] == '"' && (i + 1 == row.size() || row[i + 1] != '"')) break;
        if (row[i] == '"') ++i;
        field += row[i];
      }
      ++i;
    } else {
      for (; i < row.size() && row[i] != delimiter; ++i) {
        if (row[i] == '"') return {};
        field += row[i];
      }
    }
    if (i == row.size()) return fields;
    if (row[i] != delimiter) return {};
    ++i;
  }
}

char csv_delimiter(std::string_view header) {
  char best = ',';
  for (const char c : kDelimiters) {
    if (std::ranges::count(header, c) > std::ranges::count(header, best)) best = c;
  }
  return best;
}

}  // namespace ashlar::links
