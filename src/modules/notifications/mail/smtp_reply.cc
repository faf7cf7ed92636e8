#include "modules/notifications/mail/smtp_reply.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMaxTextBytes = 512;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "5.1.1" at the front of a reply's text; empty where there is none.
std::string_view enhanced_code(std::string_view text, char category) {
  if (text.size() < 5 || text[0] != category || text[1] != '.') return {};
  std::size_t at = 2;
  for (int part = 0; part < 2; ++part) {
    const std::size_t start = at;
    while (at < text.size() && at - start < 3 && is_digit(text[at])) ++at;
    if (at == start) return {};
    if (part == 0) {
      if (at == text.size() || text[at] != '.') return {};
      ++at;
    }
  }
  if (at < text.size() && text[at] != ' ') return {};
  return text.substr(0, at);
}

std::string printable(std::string_view text) {
  const bool utf8 = base::is_utf8(text);
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte > 0x7f && !utf8)) c = '?';
  }
  return out;
}

}  // namespace

std::string SmtpReply::text() const {
  std::string out = std::to_string(code);
  for (const std::string& line : lines) {
    if (line.empty()) continue;
    out += ' ';
    out += line;
    if (out.size() > kMaxTextBytes) break;
  }
  if (out.size() > kMaxTextBytes) {
    out.resize(kMaxTextBytes);
    while (!base::is_utf8(out)) out.pop_back();
  }
  return out;
}

SmtpReplyReader::Step SmtpReplyReader::read(std::string_view& input) {
  while (!wrong_ && !input.empty()) {
    const std::size_t end = input.find('\n');
    const std::string_view piece = input.substr(0, end);
    if (partial_.size() + piece.size() > kMaxReplyLineBytes) break;
    partial_ += piece;
    if (end == std::string_view::npos) {
      input = {};
      return Step::kMore;
    }
    input.remove_prefix(end + 1);
    std::string line = std::exchange(partial_, {});
    if (line.ends_with('\r')) line.pop_back();
    const Step step = take_line(line);
    if (step == Step::kReply) return step;
    if (step == Step::kWrong) break;
  }
  if (!wrong_ && input.empty()) return Step::kMore;
  wrong_ = true;
  return Step::kWrong;
}

SmtpReplyReader::Step SmtpReplyReader::take_line(std::string_view line) {
  const bool code = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) &&
                    is_digit(line[2]);
  const bool separated = line.size() == 3 || (code && (line[3] == ' ' || line[3] == '-'));
  if (!code || !separated) {
    wrong_ = true;
    return Step::kWrong;
  }
  const int number = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (whole_) reply_ = SmtpReply{.code = number};
  whole_ = false;
  if (reply_.code != number || reply_.lines.size() == kMaxReplyLines) {
    wrong_ = true;
    return Step::kWrong;
  }
  const std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view();
  if (reply_.lines.empty()) reply_.enhanced = enhanced_code(text, line[0]);
  reply_.lines.push_back(printable(text));
  if (line.size() > 3 && line[3] == '-') return Step::kMore;
  whole_ = true;
  return Step::kReply;
}

}  // namespace ashlar::notifications
