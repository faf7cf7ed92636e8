// CommandParser: what clients of a Redis server send: "*3\r\n$3\r\nSET…" or, from people, a line of
// words with quotes.
//
// Incremental: parse() is given all that has come since the last command; it goes on where it
// stopped, so that bytes which arrive one by one cost no more than all at once. Bounded: what is
// longer than Limits is wrong, whatever has arrived of it.
//
// Pure, one thread. The words are views into the `input` of the call that answered kCommand, of an
// inline command into the parser: valid until either changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::redis {

class CommandParser {
 public:
  struct Limits {
    std::size_t max_words = 64;
    std::size_t max_word_bytes = 16 * 1024;
    std::size_t max_line_bytes = 4 * 1024;  // of an inline command
    std::size_t max_command_bytes = 32 * 1024;
  };
  enum class Step : std::uint8_t {
    kMore,     // not all of it is there
    kCommand,  // words() has at least one
    kWrong,    // error() says how; nothing after it can be understood
  };

  explicit CommandParser(const Limits& limits) : limits_(limits) {}

  // `input`: begins after what was consumed(), with all else that was given, and more.
  Step parse(std::string_view input);

  [[nodiscard]] const std::vector<std::string_view>& words() const { return words_; }
  // Of the last call's input. After kMore: empty lines, since nothing else is kept in here.
  [[nodiscard]] std::size_t consumed() const { return consumed_; }
  // After kWrong: as Redis says it, "Protocol error: invalid bulk length".
  [[nodiscard]] std::string_view error() const { return error_; }

 private:
  struct Span {
    std::size_t at;
    std::size_t size;
  };
  enum class Part : std::uint8_t { kDone, kMore, kWrong };

  void begin();
  void let_go();
  Part parse_count(std::string_view input);
  Part parse_words(std::string_view input);
  Part parse_inline(std::string_view input);
  bool split_line(std::string_view line);
  Part wrong(std::string_view error);

  const Limits limits_;
  std::size_t at_ = 0;     // how far the input is understood
  std::size_t start_ = 0;  // where the command begins
  std::size_t expected_ = 0;
  bool counted_ = false;  // the "*3" is read
  bool ended_ = true;     // the last call answered a command
  std::size_t consumed_ = 0;
  std::string_view error_;
  std::vector<Span> spans_;
  std::string line_;  // an inline command's words, without quotes
  std::vector<std::string_view> words_;
};

}  // namespace ashlar::redis
