// SmtpReply: what a mail server answers to one command (RFC 5321, section 4.2), read out of the
// bytes of a connection that may say anything.
//
// Promises: at most kMaxReplyLines lines of kMaxReplyLineBytes are kept; a line without end is
// refused as soon as it is too long. LF alone ends a line too. Pure; not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::notifications {

inline constexpr std::size_t kMaxReplyLineBytes = 2'048;  // four times what the RFC allows
inline constexpr std::size_t kMaxReplyLines = 64;

struct SmtpReply {
  int code = 0;                      // 200 to 599
  std::string enhanced{};            // "5.1.1" (RFC 3463), where the class is that of `code`
  std::vector<std::string> lines{};  // the text of each, without code, in printable ASCII or UTF-8

  [[nodiscard]] int category() const { return code / 100; }
  [[nodiscard]] std::string text() const;  // "550 5.1.1 no such user", cut to 512 bytes
};

class SmtpReplyReader {
 public:
  enum class Step : unsigned char { kMore, kReply, kWrong };

  // Takes bytes off the front of `input`. kReply: reply() is whole, `input` holds what follows it.
  // kWrong: this is no SMTP; for ever.
  Step read(std::string_view& input);
  [[nodiscard]] SmtpReply& reply() { return reply_; }  // of the last kReply, until the next read()

 private:
  Step take_line(std::string_view line);

  std::string partial_;
  SmtpReply reply_;
  bool whole_ = true;  // reply_ is that of before
  bool wrong_ = false;
};

}  // namespace ashlar::notifications
