#include "platform/observability/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "platform/observability/json_text.h"
#include "platform/observability/metrics.h"
#include "platform/observability/record_queue.h"

namespace ashlar::obs {
namespace {

using boost::json::object;

class TempFile {
 public:
  TempFile() : fd_(::mkstemp(path_.data())) { EXPECT_GE(fd_, 0); }
  ~TempFile() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string text() const {
    std::ifstream file(path_);
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }
  // Every line, parsed; a line that is no JSON object throws and fails the test.
  [[nodiscard]] std::vector<object> lines() const {
    std::vector<object> out;
    std::istringstream in(text());
    for (std::string line; std::getline(in, line);) {
      out.push_back(boost::json::parse(line).as_object());
    }
    return out;
  }

 private:
  std::string path_ = ::testing::TempDir() + "ashlar_log_XXXXXX";
  int fd_;
};

struct Fixture {
  Registry metrics;
  base::ManualClock clock{*base::parse_rfc3339("2026-11-22T10:00:00.007891Z")};
  [[nodiscard]] std::uint64_t dropped() {
    return metrics
        .make_counter("ashlar_log_dropped_total",
                      "Log lines lost: the queue was full or the output stuck.")
        .value();
  }
};

TEST(JsonText, EscapesAndRepairs) {
  struct Row {
    std::string_view text;
    std::string_view json;
  };
  using namespace std::string_view_literals;
  const Row rows[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {"a\"b", R"("a\"b")"},
      {"a\\b", R"("a\\b")"},
      {"a/b", R"("a/b")"},
      {"a\nb\rc\td", R"("a\nb\rc\td")"},
      {"\0"sv, R"("\u0000")"},
      {"\x01\x08\x0c\x1f", R"("\u0001\u0008\u000c\u001f")"},
      {"\x1b[31mred", R"("\u001b[31mred")"},
      {"\x7f", R"("\u007f")"},
      {"\xc2\x80\xc2\x9b", R"("\u0080\u009b")"},
      {"\xc2\xa0", "\"\xc2\xa0\""},
      {"\xe2\x80\xa8\xe2\x80\xa9", R"("\u2028\u2029")"},
      {"\xe2\x80\xa6", "\"\xe2\x80\xa6\""},
      {"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80", "\"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\""},
      {"a\xff"
       "b",
       "\"a\xef\xbf\xbd"
       "b\""},
      {"\x80", "\"\xef\xbf\xbd\""},
      {"\xc3", "\"\xef\xbf\xbd\""},
      {"\xc3(", "\"\xef\xbf\xbd(\""},
      {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
  };
  for (const Row& row : rows) {
    std::string out;
    append_json_string(out, row.text);
    EXPECT_EQ(out, row.json);
  }
}

TEST(JsonText, CutsAtACharactersBorder) {
  const auto cut = [](std::string_view text, std::size_t limit) {
    std::string out;
    append_json_string(out, text, limit);
    return out;
  };
  EXPECT_EQ(cut("abcd", 4), "\"abcd\"");
  EXPECT_EQ(cut("abcde", 4), "\"abcd\xe2\x80\xa6\"");
  EXPECT_EQ(cut("abc\xc3\xa9", 4), "\"abc\xe2\x80\xa6\"");
  EXPECT_EQ(cut("ab\xc3\xa9", 4), "\"ab\xc3\xa9\"");
  EXPECT_EQ(cut("abcd\xff", 4), "\"abcd\xe2\x80\xa6\"");
}

// Whatever bytes come, the result is UTF-8, JSON, and without raw control characters.
TEST(JsonText, EveryPairOfBytesGivesAValidString) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::array text{'x', static_cast<char>(first), static_cast<char>(second)};
      std::string out;
      append_json_string(out, {text.data(), text.size()});
      ASSERT_TRUE(base::is_utf8(out)) << first << ' ' << second;
      ASSERT_TRUE(boost::json::parse(out).is_string()) << out;
      for (const char c : out) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << out;
    }
  }
}

TEST(JsonText, NumbersThatJsonLacksBecomeNull) {
  std::string out;
  append_json_number(out, 2.5);
  append_json_number(out, std::int64_t{-7});
  append_json_number(out, std::numeric_limits<double>::infinity());
  append_json_number(out, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(out, "2.5-7nullnull");
}

TEST(Log, WritesOneObjectALine) {
  Fixture f;
  const TempFile file;
  {
    Log log(Level::kInfo, file.fd(), f.clock, f.metrics);
    const std::string text = "string";
    log.info("listening", {{"address", "127.0.0.1:8080"},
                           {"port", 8080},
                           {"size", text.size()},
                           {"ratio", 0.5},
                           {"tls", false},
                           {"text", text}});
    f.clock.advance(base::Micros{992'109});  // a full second: the millis are still three digits
    log.error("a\nb");
  }
  EXPECT_EQ(file.text(),
            R"({"time":"2026-11-22T10:00:00.007Z","level":"info","message":"listening",)"
            R"("address":"127.0.0.1:8080","port":8080,"size":6,"ratio":0.5,"tls":false,)"
            R"("text":"string"})"
            "\n"
            R"({"time":"2026-11-22T10:00:01.000Z","level":"error","message":"a\nb"})"
            "\n");
}

TEST(Log, LevelHoldsBack) {
  Fixture f;
  const TempFile file;
  {
    Log log(Level::kWarn, file.fd(), f.clock, f.metrics);
    log.debug("1");
    log.info("2");
    log.warn("3");
    log.error("4");
    EXPECT_FALSE(log.enabled(Level::kInfo));
  }
  EXPECT_EQ(file.lines().size(), 2U);
  const TempFile silent;
  Log(Level::kOff, silent.fd(), f.clock, f.metrics).error("5");
  EXPECT_EQ(silent.text(), "");
}

// A value must not be able to forge a line or a field, nor to move a terminal's cursor.
TEST(Log, PlantedControlCharactersStayInsideTheirValue) {
  Fixture f;
  const TempFile file;
  const std::string planted =
      "x\"}\n{\"time\":\"2020-01-01T00:00:00.000Z\",\"level\":\"error\",\"message\":\"forged\"}\r\n"
      "\x1b[2J\x1b]0;title\x07\xc2\x9b"
      "31m\xff\xfe\x7f";
  {
    Log log(Level::kInfo, file.fd(), f.clock, f.metrics);
    log.info(planted, {{"user_agent", planted}, {planted, "key"}});
  }
  const std::string text = file.text();
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  EXPECT_EQ(text.find('\x7f'), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  const object line = file.lines().at(0);
  EXPECT_EQ(line.size(), 5U);
  EXPECT_EQ(line.at("level").as_string(), "info");
  EXPECT_TRUE(line.at("user_agent").as_string().starts_with("x\"}\n{\"time\""));
}

TEST(Log, FlushWritesWhatWasQueuedBefore) {
  Fixture f;
  const TempFile file;
  Log log(Level::kInfo, file.fd(), f.clock, f.metrics);
  for (std::size_t i = 1; i <= 20; ++i) {
    log.info("line");
    log.flush();
    ASSERT_EQ(file.lines().size(), i);
  }
}

TEST(Log, LinesAppearWithoutFlush) {
  Fixture f;
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(::pipe2(pipe_fds.data(), O_CLOEXEC), 0);
  Log log(Level::kInfo, pipe_fds[1], f.clock, f.metrics);
  std::array<char, 256> buffer{};
  for (int i = 0; i < 3; ++i) {  // the second and third find the writer asleep again
    log.info("line");
    EXPECT_GT(::read(pipe_fds[0], buffer.data(), buffer.size()), 0);
  }
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
}

// Threads in excess of the shards share a lane, so this covers both kinds.
TEST(Log, KeepsEachThreadsOrderAndLosesNothing) {
  constexpr int kThreads = 24;
  constexpr int kLines = 400;
  Fixture f;
  const TempFile file;
  {
    Log log(Level::kInfo, file.fd(), f.clock, f.metrics);
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&log, &f, t] {
        for (int i = 0; i < kLines; ++i) {
          log.info("line", {{"thread", t}, {"i", i}});
          f.clock.step_wall(base::Micros{i % 7 == 0 ? -5000 : 900});
          if (i % 40 == 0) log.flush();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  ASSERT_EQ(f.dropped(), 0U);
  std::map<std::int64_t, std::int64_t> next;
  for (const object& line : file.lines()) {
    EXPECT_EQ(line.at("i").as_int64(), next[line.at("thread").as_int64()]++);
  }
  ASSERT_EQ(next.size(), static_cast<std::size_t>(kThreads));
  for (const auto& [thread, lines] : next) EXPECT_EQ(lines, kLines);
}

// A pipe that nobody reads: callers go on at once, the loss is counted, and told when the reader
// comes.
TEST(Log, AStuckReaderCostsLinesNotTime) {
  Fixture f;
  const base::SystemClock real;
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(::pipe2(pipe_fds.data(), O_CLOEXEC), 0);
  constexpr std::uint64_t kLines = 20'000;
  const std::string filler(200, 'x');
  std::string text;
  {
    Log log(Level::kInfo, pipe_fds[1], f.clock, f.metrics);
    const base::Mono before = real.mono();
    for (std::uint64_t i = 0; i < kLines; ++i) log.info(filler, {{"i", i}});
    EXPECT_LT(real.mono() - before, base::Seconds{3});
    log.flush();  // ends although nothing can be written
    EXPECT_GT(f.dropped(), 0U);

    std::thread reader([&] {
      std::array<char, 65536> buffer{};
      for (ssize_t got = 0; (got = ::read(pipe_fds[0], buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.ends_with("\"message\":\"last\"}\n")) return;
      }
    });
    log.info("last");
    log.flush();
    reader.join();
  }
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
  std::uint64_t told = 0;
  std::uint64_t whole = 0;
  std::uint64_t torn = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(line, error);
    if (error) {
      ++torn;
    } else if (value.at("message").as_string() == "log lines lost") {
      told += static_cast<std::uint64_t>(value.at("lines").as_int64());
    } else {
      ++whole;
    }
  }
  EXPECT_EQ(told, f.dropped());
  EXPECT_LE(torn, 1U);
  EXPECT_EQ(whole + told, kLines + 1);
}

TEST(Log, SurvivesAReaderThatWentAway) {
  Fixture f;
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(::pipe2(pipe_fds.data(), O_CLOEXEC), 0);
  ::close(pipe_fds[0]);
  Log log(Level::kInfo, pipe_fds[1], f.clock, f.metrics);
  log.info("nobody reads this");  // SIGPIPE would end the test program here
  log.flush();
  EXPECT_EQ(f.dropped(), 1U);
  ::close(pipe_fds[1]);
}

TEST(Log, SurvivesAClosedDescriptor) {
  Fixture f;
  const TempFile file;
  const int closed = ::dup(file.fd());
  ::close(closed);
  Log log(Level::kInfo, closed, f.clock, f.metrics);
  log.info("lost");
  log.flush();
  EXPECT_EQ(f.dropped(), 1U);
}

TEST(Log, WritesToANonBlockingPipeThatIsSlowlyRead) {
  Fixture f;
  std::array<int, 2> pipe_fds{};
  ASSERT_EQ(::pipe2(pipe_fds.data(), O_CLOEXEC | O_NONBLOCK), 0);
  constexpr int kLines = 1000;
  std::string text;
  std::thread reader([&] {
    std::array<char, 512> buffer{};
    while (std::ranges::count(text, '\n') < kLines) {
      const ssize_t got = ::read(pipe_fds[0], buffer.data(), buffer.size());
      if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    }
  });
  {
    Log log(Level::kInfo, pipe_fds[1], f.clock, f.metrics);
    for (int i = 0; i < kLines; ++i) log.info(std::string(180, 'y'));
  }
  reader.join();
  EXPECT_EQ(f.dropped(), 0U);
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
}

TEST(RecordQueue, RefusesBeyondItsLimitsAndTellsHowMany) {
  RecordQueue queue({.lane_bytes = 10, .lane_records = 3});
  EXPECT_TRUE(queue.push(1, "12345"));
  EXPECT_FALSE(queue.push(2, "123456"));  // 11 bytes
  EXPECT_TRUE(queue.push(3, "1234"));
  EXPECT_TRUE(queue.push(4, ""));
  EXPECT_FALSE(queue.push(5, ""));  // a fourth record
  RecordQueue::Batch batch;
  queue.drain(batch);
  EXPECT_EQ(batch.records, (std::vector<std::string_view>{"12345", "1234", ""}));
  EXPECT_EQ(batch.refused, 2U);
  EXPECT_TRUE(queue.push(6, "again"));
  queue.drain(batch);
  EXPECT_EQ(batch.records, (std::vector<std::string_view>{"again"}));
  EXPECT_EQ(batch.refused, 0U);
}

TEST(RecordQueue, MergesLanesByStamp) {
  RecordQueue queue({.lane_bytes = 1000, .lane_records = 100});
  queue.push(1, "a");
  queue.push(5, "e");
  std::thread([&] {
    queue.push(2, "b");
    queue.push(3, "c");
  }).join();
  RecordQueue::Batch batch;
  queue.drain(batch);
  std::string order;
  for (const std::string_view record : batch.records) order += record;
  // The other thread had a lane of its own, or, when all were taken, the shared one.
  EXPECT_EQ(order, "abce");
}

TEST(RecordQueue, CloseEndsTheConsumerAndKeepsTheRest) {
  RecordQueue queue({.lane_bytes = 1000, .lane_records = 100});
  queue.push(1, "a");
  queue.close();
  EXPECT_FALSE(queue.wait(base::Millis{60'000}));
  RecordQueue::Batch batch;
  queue.drain(batch);
  EXPECT_EQ(batch.records.size(), 1U);
}

}  // namespace
}  // namespace ashlar::obs
