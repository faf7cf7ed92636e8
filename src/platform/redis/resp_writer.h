// Writes Redis' protocol: commands as clients send them, replies as servers do (RESP2, or RESP3
// where the client asked for it by HELLO 3).
#pragma once

#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ashlar::redis {

// "<sign><number>\r\n"
template <class Number>
void append_resp_number(std::string& out, char sign, Number number) {
  char text[24];
  text[0] = sign;
  char* end = std::to_chars(text + 1, text + 22, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(text, end);
}

inline void append_resp_bulk(std::string& out, std::string_view text) {
  append_resp_number(out, '$', text.size());
  out.append(text).append("\r\n");
}

inline void append_command(std::string& out, std::span<const std::string_view> words) {
  append_resp_number(out, '*', words.size());
  for (const std::string_view word : words) append_resp_bulk(out, word);
}

class ReplyWriter {
 public:
  ReplyWriter(std::string& out, int version) : out_(out), version_(version) {}

  void ok() { out_.append("+OK\r\n"); }
  void simple(std::string_view text) { line('+', text); }
  // "ERR what is wrong". Line ends within become spaces: the text may quote what a client sent.
  void error(std::string_view text) { line('-', text); }
  void integer(std::int64_t number) { append_resp_number(out_, ':', number); }
  void bulk(std::string_view text) { append_resp_bulk(out_, text); }
  void nil() { out_.append(version_ >= 3 ? "_\r\n" : "$-1\r\n"); }
  void array(std::size_t items) { append_resp_number(out_, '*', items); }
  // Followed by as many keys and values in turn.
  void map(std::size_t pairs) {
    version_ >= 3 ? append_resp_number(out_, '%', pairs) : array(2 * pairs);
  }

 private:
  void line(char sign, std::string_view text) {
    out_.push_back(sign);
    for (const char c : text) out_.push_back(c == '\r' || c == '\n' ? ' ' : c);
    out_.append("\r\n");
  }

  std::string& out_;
  int version_;
};

}  // namespace ashlar::redis
