#include "modules/notifications/mail/mime_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"

namespace ashlar::notifications {
namespace {

int hex_digit(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text.substr(i).starts_with("=\r\n")) {
      i += 2;
    } else {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    }
  }
  return out;
}

std::string decode_base64(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 255);
    }
  }
  return out;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 2);
  }
  return lines;
}

// RFC 2047 as a reader does it: what stands between two encoded words is no text. Fails the test
// where an encoded word is no UTF-8 by itself.
std::string decode_words(std::string text) {
  std::string unfolded;
  for (const std::string& line : lines_of(text)) unfolded += line;
  std::string out;
  std::string_view rest = unfolded;
  bool after_word = false;
  while (!rest.empty()) {
    if (rest.starts_with("=?UTF-8?")) {
      const std::size_t end = rest.find("?=", 10);
      const std::string_view word = rest.substr(10, end - 10);
      EXPECT_LE(end + 2, 75U);
      std::string decoded;
      if (rest[8] == 'B') {
        decoded = decode_base64(word);
      } else {
        std::string spaced(word);
        for (char& c : spaced) c = c == '_' ? ' ' : c;
        decoded = decode_quoted_printable(spaced);
      }
      EXPECT_TRUE(base::is_utf8(decoded));
      out += decoded;
      rest.remove_prefix(end + 2);
      after_word = true;
    } else if (after_word && rest.starts_with(" =?UTF-8?")) {
      rest.remove_prefix(1);
    } else {
      out += rest.front();
      rest.remove_prefix(1);
      after_word = false;
    }
  }
  return out;
}

std::string random_text(base::Random& random, std::size_t length, bool line_ends) {
  static const std::vector<std::string> kPieces = {"a",
                                                   "B",
                                                   "7",
                                                   " ",
                                                   "  ",
                                                   "=",
                                                   "?",
                                                   "=?",
                                                   "_",
                                                   "\"",
                                                   "\\",
                                                   ".",
                                                   "-",
                                                   "word ",
                                                   "\xc3\xa4",
                                                   "\xe2\x82\xac",
                                                   "\xf0\x9f\x98\x80",
                                                   "\xd0\x96",
                                                   "long-word-that-has-no-blank-in-it"};
  std::string text;
  while (text.size() < length) {
    const auto pick = random.below(kPieces.size() + (line_ends ? 3 : 0));
    if (pick < kPieces.size()) {
      text += kPieces[pick];
    } else {
      text += pick == kPieces.size() ? "\r\n" : pick == kPieces.size() + 1 ? "\t" : "\x01";
    }
  }
  return text;
}

void expect_short_ascii(std::string_view text, std::size_t width) {
  for (const std::string& line : lines_of(text)) {
    EXPECT_LE(line.size(), width) << line;
    for (const char c : line) EXPECT_TRUE(c == '\t' || (c >= 0x20 && c < 0x7f)) << line;
  }
}

TEST(MimeText, KnownForms) {
  EXPECT_EQ(with_crlf("a\nb\r\nc\rd\n\ne"), "a\r\nb\r\nc\r\nd\r\n\r\ne");
  EXPECT_EQ(with_crlf("\r\r\n\n"), "\r\n\r\n\r\n");
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(quoted_printable("caf\xc3\xa9 = 1 \r\n\tx\t"), "caf=C3=A9 =3D 1=20\r\n\tx=09");
  EXPECT_EQ(unstructured_header("Subject", ""), "Subject: \r\n");
  EXPECT_EQ(unstructured_header("Subject", "Your order"), "Subject: Your order\r\n");
  EXPECT_EQ(unstructured_header("Subject",
                                "Gr\xc3\xbc\xc3\x9f"
                                "e"),
            "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n");
  EXPECT_EQ(unstructured_header("Subject", "caf\xc3\xa9 order, shipped today"),
            "Subject: =?UTF-8?Q?caf=C3=A9_order=2C_shipped_today?=\r\n");
  EXPECT_EQ(unstructured_header("Subject", "=?UTF-8?Q?x?="),
            "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n");
  EXPECT_EQ(display_phrase("Anna Smith", 4), "Anna Smith");
  EXPECT_EQ(display_phrase("Smith, \"Anna\"", 4), "\"Smith, \\\"Anna\\\"\"");
  EXPECT_EQ(display_phrase("J\xc3\xb6rg", 6), "=?UTF-8?B?SsO2cmc=?=");
}

TEST(MimeText, BodiesComeBackAsTheyWere) {
  base::Random random(1);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = with_crlf(random_text(random, random.below(400), true));
    const std::string quoted = quoted_printable(text);
    ASSERT_EQ(decode_quoted_printable(quoted), text) << "round " << round;
    expect_short_ascii(quoted, kMaxEncodedLineBytes);
    for (const std::string& line : lines_of(quoted)) {
      ASSERT_FALSE(line.ends_with(' ') || line.ends_with('\t')) << line;
    }
    const std::string lines = base64_lines(text);
    ASSERT_EQ(decode_base64(lines), text);
    expect_short_ascii(lines, kMaxEncodedLineBytes);
    if (HasFailure()) return;
  }
}

TEST(MimeText, HeadersComeBackAsTheyWere) {
  base::Random random(2);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random, random.below(300), false);
    const std::string header = unstructured_header("Subject", text);
    expect_short_ascii(header, kMaxMailLineBytes);
    ASSERT_EQ(decode_words(header), "Subject: " + text) << "round " << round;
    const auto lines = lines_of(header);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      ASSERT_EQ(lines[i].starts_with(' '), i > 0) << header;
      ASSERT_NE(lines[i].find_first_not_of(' '), std::string::npos) << header;
    }
    if (HasFailure()) return;
  }
}

TEST(MimeText, LongWordsAndNamesAreFoldedToo) {
  const std::string url = "https://example.com/" + std::string(300, 'x');
  expect_short_ascii(unstructured_header("Subject", url), kMaxMailLineBytes);
  EXPECT_EQ(decode_words(unstructured_header("Subject", url)), "Subject: " + url);
  const std::string name = "Name, " + std::string(200, 'y');
  expect_short_ascii("To: " + display_phrase(name, 4), kMaxMailLineBytes);
  EXPECT_EQ(decode_words(display_phrase(name, 4)), name);
}

}  // namespace
}  // namespace ashlar::notifications
