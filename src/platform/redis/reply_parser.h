// ReplyParser: what a Redis server sends: RESP2, and all of RESP3 but streamed strings and
// aggregates, which no server sends. Attributes are skipped.
//
// Incremental and bounded, as CommandParser is. No allocation once it has seen replies of a size.
// Pure, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "platform/redis/reply.h"

namespace ashlar::redis {

class ReplyParser {
 public:
  struct Limits {
    std::size_t max_bytes = 8 * 1024 * 1024;  // of one reply
    std::size_t max_nodes = 256 * 1024;
    std::size_t max_depth = 16;
  };
  enum class Step : std::uint8_t { kMore, kReply, kWrong };

  explicit ReplyParser(const Limits& limits) : limits_(limits) {}

  void reset() { ended_ = true; }  // the next input has nothing to do with the last

  // `input`: begins after the last reply's consumed(); at least as long as in the call before.
  Step parse(std::string_view input);

  // After kReply, of the same `input`.
  [[nodiscard]] Reply reply(std::string_view input) const { return {nodes_, input, 0}; }
  [[nodiscard]] std::size_t consumed() const { return at_; }

 private:
  struct Open {  // a list whose items are being read
    std::uint32_t node;
    std::uint32_t left;
    bool skip;  // an attribute
  };

  enum class Part : std::uint8_t { kDone, kMore, kWrong };
  Part parse_node(std::string_view input);
  Part parse_value(char type, std::string_view line, std::string_view input, std::size_t after);
  Part add_bulk(ReplyKind kind, std::string_view line, std::string_view input, std::size_t after);
  Part add_list(char type, std::string_view line, std::size_t after);
  void add(ReplyNode node);
  void close_lists();

  const Limits limits_;
  std::size_t at_ = 0;
  bool ended_ = true;
  std::vector<Open> open_;
  std::vector<ReplyNode> nodes_;
};

}  // namespace ashlar::redis
