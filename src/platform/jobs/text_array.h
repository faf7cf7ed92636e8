// TextArray: a PostgreSQL array as text ({1,2,"a \"b\""}), for statements that take a whole batch:
// unnest(?1::bigint[], ?2::text[]).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar::jobs::store {

class TextArray {
 public:
  void add(std::int64_t value) {
    separate();
    text_ += std::to_string(value);
  }
  void add(std::string_view value) {
    separate();
    text_ += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }
  void add_null() {
    separate();
    text_ += "NULL";
  }
  // The whole array, valid until the next add().
  [[nodiscard]] std::string_view text() {
    if (open_) text_ += '}';
    open_ = false;
    return text_;
  }

 private:
  void separate() {
    if (!open_) text_.pop_back();  // text() has closed it
    open_ = true;
    if (text_.size() > 1) text_ += ',';
  }

  std::string text_ = "{";
  bool open_ = true;
};

}  // namespace ashlar::jobs::store
