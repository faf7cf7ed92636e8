// The codec of Redis' protocol: both parsers by table, in one piece and byte by byte.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <optional>

#include "base/random.h"
#include "platform/redis/command_parser.h"
#include "platform/redis/key_slot.h"
#include "platform/redis/redis_address.h"
#include "platform/redis/redis_script.h"
#include "platform/redis/reply_parser.h"
#include "platform/redis/resp_writer.h"
#include "platform/redis/slot_map.h"

namespace ashlar::redis {
namespace {

// What a session makes of `text`: words in brackets, '!' and the error at the end. `piece`: how
// many bytes come at once.
std::string commands_of(std::string_view text, std::size_t piece,
                        const CommandParser::Limits& limits = {}) {
  CommandParser parser(limits);
  std::string waiting;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    waiting += text.substr(at, piece);
    for (;;) {
      const CommandParser::Step step = parser.parse(waiting);
      if (step == CommandParser::Step::kWrong) return out + "!" + std::string(parser.error());
      if (step == CommandParser::Step::kCommand) {
        for (const std::string_view word : parser.words()) out += "[" + std::string(word) + "]";
        out += ".";
      }
      waiting.erase(0, parser.consumed());
      if (step == CommandParser::Step::kMore) break;
    }
  }
  return out;
}

void expect_commands(std::string_view text, std::string_view expected) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, text.size()}) {
    EXPECT_EQ(commands_of(text, std::max<std::size_t>(piece, 1)), expected)
        << "pieces of " << piece;
  }
}

TEST(CommandParser, Arrays) {
  expect_commands("*1\r\n$4\r\nPING\r\n", "[PING].");
  expect_commands("*2\r\n$4\r\nECHO\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n", "[ECHO][].[PING].");
  expect_commands("*2\r\n$4\r\nECHO\r\n$4\r\na\r\nb\r\n", "[ECHO][a\r\nb].");
  expect_commands("*0\r\n*-1\r\n\r\n*1\r\n$1\r\nx\r\n", "[x].");
  expect_commands("*1\r\n$4\r\nPIN", "");
}

TEST(CommandParser, Lines) {
  expect_commands("PING\r\n", "[PING].");
  expect_commands("  SET  k \"a b\\x41\\n\\\"\" 'c d\\''\n", "[SET][k][a bA\n\"][c d'].");
  expect_commands("\r\n\n  \r\nPING\r\nECHO \"\"\r\n", "[PING].[ECHO][].");
}

TEST(CommandParser, WhatIsWrong) {
  expect_commands("*x\r\n", "!Protocol error: invalid multibulk length");
  expect_commands("*65\r\n", "!Protocol error: invalid multibulk length");
  expect_commands("*1\r\n+PING\r\n", "!Protocol error: expected '$'");
  expect_commands("*1\r\n$-1\r\n", "!Protocol error: invalid bulk length");
  expect_commands("*1\r\n$16385\r\n", "!Protocol error: invalid bulk length");
  expect_commands("*1\r\n$99999999999999999999\r\n", "!Protocol error: invalid bulk length");
  expect_commands("*1\r\n$1\r\nabc\r\n", "!Protocol error: expected CRLF");
  expect_commands("*1\r\n$1\n", "!Protocol error: invalid bulk length");
  expect_commands("PING \"x\r\n", "!Protocol error: unbalanced quotes in request");
  expect_commands("PING \"x\"y\r\n", "!Protocol error: unbalanced quotes in request");
  expect_commands(std::string(5000, 'x'), "!Protocol error: too big inline request");
  expect_commands("*" + std::string(50, '1'), "!Protocol error: too big mbulk count string");
  expect_commands("*1\r\n$" + std::string(50, '1'), "!Protocol error: too big bulk count string");
  const std::string word = "$16384\r\n" + std::string(16'384, 'x') + "\r\n";
  expect_commands("*3\r\n" + word + word, "!Protocol error: too big command");
}

std::string show(const Reply& reply) {
  switch (reply.kind()) {
    case ReplyKind::kNil:
      return "nil";
    case ReplyKind::kInteger:
      return std::to_string(reply.integer());
    case ReplyKind::kText:
      return "'" + std::string(reply.text()) + "'";
    case ReplyKind::kError:
      return "error " + std::string(reply.text());
    case ReplyKind::kList:
      break;
  }
  std::string out = reply.is_push() ? ">(" : "(";
  for (Reply::Items items = reply.items(); !items.done();) out += show(items.take()) + " ";
  return out + ")";
}

std::string replies_of(std::string_view text, std::size_t piece) {
  ReplyParser parser({.max_bytes = 1000, .max_nodes = 50, .max_depth = 4});
  std::string waiting;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    waiting += text.substr(at, piece);
    while (!waiting.empty()) {
      const ReplyParser::Step step = parser.parse(waiting);
      if (step == ReplyParser::Step::kWrong) return out + "!";
      if (step == ReplyParser::Step::kMore) break;
      out += show(parser.reply(waiting)) + ";";
      waiting.erase(0, parser.consumed());
    }
  }
  return out;
}

void expect_replies(std::string_view text, std::string_view expected) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, text.size()}) {
    EXPECT_EQ(replies_of(text, piece), expected) << "pieces of " << piece;
  }
}

TEST(ReplyParser, Values) {
  expect_replies("+OK\r\n-ERR no\r\n:-7\r\n$3\r\na\nb\r\n$-1\r\n*-1\r\n",
                 "'OK';error ERR no;-7;'a\nb';nil;nil;");
  expect_replies("_\r\n#t\r\n#f\r\n,1.5\r\n(123\r\n=5\r\ntxt:x\r\n!3\r\nERR\r\n",
                 "nil;1;0;'1.5';'123';'x';error ERR;");
}

TEST(ReplyParser, Lists) {
  expect_replies("*3\r\n:1\r\n*2\r\n+a\r\n*0\r\n$1\r\nx\r\n:5\r\n", "(1 ('a' () ) 'x' );5;");
  expect_replies("%1\r\n+k\r\n~1\r\n:1\r\n>1\r\n+p\r\n", "('k' (1 ) );>('p' );");
  expect_replies("|1\r\n+ttl\r\n:3\r\n*2\r\n|1\r\n+a\r\n*1\r\n:1\r\n:4\r\n:5\r\n", "(4 5 );");
}

TEST(ReplyParser, WhatIsWrong) {
  for (const std::string_view text :
       {"x\r\n", ":1x\r\n", ":\r\n", "$-2\r\n", "$1001\r\n", "$1\r\nabc\r\n", "*51\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "+\n", "~-1\r\n", "#x\r\n", "=2\r\nab\r\n"}) {
    expect_replies(text, "!");
  }
  expect_replies("$900\r\n" + std::string(900, 'x') + "\r\n", "'" + std::string(900, 'x') + "';");
  std::string many = "*50\r\n";
  for (int i = 0; i < 50; ++i) many += ":1\r\n";
  expect_replies(many, "!");
}

TEST(RespWriter, WhatIsWrittenIsRead) {
  std::string out;
  append_command(out, std::array<std::string_view, 3>{"SET", "", "a\r\n"});
  expect_commands(out, "[SET][][a\r\n].");
  for (const int version : {2, 3}) {
    std::string text;
    ReplyWriter writer(text, version);
    writer.map(1);
    writer.bulk("k");
    writer.array(3);
    writer.integer(-5);
    writer.nil();
    writer.error("ERR a\r\nb");
    expect_replies(text, "('k' (-5 nil error ERR a  b ) );");
  }
}

TEST(KeySlot, AsRedisHasIt) {
  EXPECT_EQ(key_slot("123456789"), 0x31c3 % kSlots);
  EXPECT_EQ(key_slot("foo"), 12'182);
  EXPECT_EQ(key_slot("{user1000}.following"), key_slot("user1000"));
  EXPECT_EQ(key_slot("foo{}{bar}"), 8363);
  EXPECT_EQ(key_slot("foo{{bar}}zap"), key_slot("{bar"));
  EXPECT_EQ(key_slot("foo{bar}{zap}"), key_slot("bar"));
}

TEST(RedisScript, ItsDigest) {
  EXPECT_EQ(RedisScript("return 1").sha(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST(RedisUrl, ClusterAndPlain) {
  const auto cluster = parse_redis_url("redis+cluster://bob:p%40ss@10.0.0.1:7000");
  ASSERT_TRUE(cluster.ok());
  EXPECT_TRUE(cluster->cluster);
  EXPECT_EQ(cluster->port, 7000);
  EXPECT_EQ(cluster->password, "p@ss");
  EXPECT_FALSE(parse_redis_url("redis://h")->cluster);
  EXPECT_FALSE(parse_redis_url("redis+cluster://h/1").ok());
  EXPECT_FALSE(parse_redis_url("rediss://h").ok());
}

TEST(SlotMap, Redirects) {
  const auto moved = parse_redirect("MOVED 3999 127.0.0.1:6381", "h");
  ASSERT_TRUE(moved);
  EXPECT_FALSE(moved->ask);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->host, "127.0.0.1");
  EXPECT_EQ(moved->port, 6381);
  EXPECT_EQ(parse_redirect("ASK 1 :6381", "h")->host, "h");
  EXPECT_EQ(parse_redirect("MOVED 1 ::1:6381", "h")->host, "::1");
  for (const char* wrong : {"ERR no", "MOVED", "MOVED 1", "MOVED 16384 h:1", "MOVED x h:1",
                            "MOVED 1 h:0", "MOVED 1 h:65536", "MOVED 1:2"}) {
    EXPECT_FALSE(parse_redirect(wrong, "h")) << wrong;
  }
}

TEST(SlotMap, RangesOfPrimaries) {
  const auto parse = [](std::string_view text) {
    ReplyParser parser({});
    EXPECT_EQ(parser.parse(text), ReplyParser::Step::kReply) << text;
    return parse_slots(parser.reply(text), "asked");
  };
  const auto ranges = parse(
      "*2\r\n*4\r\n:0\r\n:5\r\n*3\r\n$1\r\na\r\n:1\r\n$2\r\nid\r\n*2\r\n$1\r\nb\r\n:2\r\n"
      "*3\r\n:6\r\n:16383\r\n*2\r\n$0\r\n\r\n:3\r\n");
  ASSERT_TRUE(ranges.ok());
  ASSERT_EQ(ranges->size(), 2);
  EXPECT_EQ((*ranges)[0].host, "a");
  EXPECT_EQ((*ranges)[0].last, 5);
  EXPECT_EQ((*ranges)[1].host, "asked");
  EXPECT_EQ((*ranges)[1].port, 3);
  EXPECT_FALSE(parse("-ERR no\r\n").ok());
  EXPECT_FALSE(parse("*1\r\n:1\r\n").ok());
  EXPECT_FALSE(parse("*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n+h\r\n:1\r\n").ok());
  EXPECT_FALSE(parse("*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n+h\r\n:65536\r\n").ok());
}

// Whatever the bytes: in pieces as in one.
TEST(RespParsers, NoiseInPiecesIsTheSameNoise) {
  base::Random random(7);
  const std::string_view alphabet = "*$:+-%>|_123\r\n\n\r\nab\"' \\";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t size = random.below(40);
    for (std::size_t i = 0; i < size; ++i) text.push_back(alphabet[random.below(alphabet.size())]);
    ASSERT_EQ(commands_of(text, 1), commands_of(text, text.size() + 1)) << text;
    ASSERT_EQ(replies_of(text, 1), replies_of(text, text.size() + 1)) << text;
  }
}

}  // namespace
}  // namespace ashlar::redis
