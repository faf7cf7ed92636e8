// Both parsers of Redis' protocol: what comes in one piece and what comes in two is the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "platform/redis/command_parser.h"
#include "platform/redis/reply_parser.h"

namespace {

using ashlar::redis::CommandParser;
using ashlar::redis::Reply;
using ashlar::redis::ReplyKind;
using ashlar::redis::ReplyParser;

std::string commands_of(std::string_view first, std::string_view second) {
  CommandParser parser({});
  std::string waiting;
  std::string out;
  for (const std::string_view piece : {first, second}) {
    waiting += piece;
    for (;;) {
      const CommandParser::Step step = parser.parse(waiting);
      if (step == CommandParser::Step::kWrong) return out + "!";
      if (step == CommandParser::Step::kCommand) {
        CHECK(!parser.words().empty());
        for (const std::string_view word : parser.words()) out.append(word).push_back('|');
      }
      CHECK(parser.consumed() <= waiting.size());
      waiting.erase(0, parser.consumed());
      if (step == CommandParser::Step::kMore) break;
    }
  }
  return out;
}

void show(const Reply& reply, std::string& out) {
  out += std::to_string(static_cast<int>(reply.kind())) + ":" + std::to_string(reply.integer());
  out.append(reply.text());
  if (reply.kind() != ReplyKind::kList) return;
  std::size_t count = 0;
  for (Reply::Items items = reply.items(); !items.done(); ++count) show(items.take(), out);
  CHECK(count == reply.size());
}

std::string replies_of(std::string_view first, std::string_view second) {
  ReplyParser parser({.max_bytes = 4096, .max_nodes = 256, .max_depth = 8});
  std::string waiting;
  std::string out;
  for (const std::string_view piece : {first, second}) {
    waiting += piece;
    while (!waiting.empty()) {
      const ReplyParser::Step step = parser.parse(waiting);
      if (step == ReplyParser::Step::kWrong) return out + "!";
      if (step == ReplyParser::Step::kMore) break;
      show(parser.reply(waiting), out);
      CHECK(parser.consumed() > 0 && parser.consumed() <= waiting.size());
      waiting.erase(0, parser.consumed());
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,  // NOLINT(*-reinterpret-*)
                              size - 1);
  const std::size_t cut = size == 1 ? 0 : data[0] % size;
  const std::string_view head = text.substr(0, cut);
  const std::string_view tail = text.substr(head.size());
  CHECK(commands_of(text, "") == commands_of(head, tail));
  CHECK(replies_of(text, "") == replies_of(head, tail));
  return 0;
}
