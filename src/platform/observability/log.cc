#include "platform/observability/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string>

#include "base/clock.h"
#include "platform/observability/json_text.h"
#include "platform/observability/metrics.h"
#include "platform/observability/quiet_thread.h"
#include "platform/observability/record_queue.h"

namespace ashlar::obs {
namespace {

constexpr RecordQueue::Limits kLimits{.lane_bytes = 256 * 1024, .lane_records = 4096};
constexpr base::Millis kLinger{10};
constexpr int kStallSliceMs = 100;
constexpr int kStallSlices = 10;

std::string_view name_of(Level level) {
  static constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

// "2026-11-22T10:00:00.123Z". The part up to the second is kept from line to line.
void append_time(std::string& out, base::Time now) {
  constexpr std::size_t kToSecond = sizeof("2026-11-22T10:00:00") - 1;
  thread_local base::Time cached_second = base::Time::min();
  thread_local std::string cached_text;
  const base::Time second = std::chrono::floor<base::Seconds>(now);
  if (second != cached_second) {
    cached_text = base::format_rfc3339(second).substr(0, kToSecond);
    cached_second = second;
  }
  const auto millis = static_cast<unsigned>((now - second) / base::Millis{1});
  out += cached_text;
  out += '.';
  out += static_cast<char>('0' + millis / 100);
  out += static_cast<char>('0' + millis / 10 % 10);
  out += static_cast<char>('0' + millis % 10);
  out += 'Z';
}

void append_value(std::string& out, const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    append_json_string(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    append_json_number(out, *integer);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    append_json_number(out, *real);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

void append_line(std::string& out, base::Time now, Level level, std::string_view message,
                 std::initializer_list<LogField> fields) {
  out += R"({"time":")";
  append_time(out, now);
  out += R"(","level":")";
  out += name_of(level);
  out += R"(","message":)";
  append_json_string(out, message);
  for (const LogField& field : fields) {
    out += ',';
    append_json_string(out, field.key);
    out += ':';
    append_value(out, field);
  }
  out += "}\n";
}

// A descriptor that may hang or go away: a pipe whose reader is stuck, a closed standard error.
class Sink {
 public:
  explicit Sink(int fd) : fd_(fd) {
    struct stat status{};
    const bool waits = ::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode);
    // A pipe that polls as writable takes PIPE_BUF bytes without blocking, and perhaps no more.
    chunk_bytes_ = waits ? PIPE_BUF : std::size_t{1} << 20;
  }

  // How many bytes went out; the rest was given up after an error, or after a second without
  // progress.
  std::size_t write_all(std::string_view bytes) {
    if (torn_ && write_some("\n") == 0) return 0;
    torn_ = false;
    std::size_t done = 0;
    while (done < bytes.size()) {
      const std::size_t written = write_some(bytes.substr(done, chunk_bytes_));
      if (written == 0) break;
      done += written;
      torn_ = bytes[done - 1] != '\n';
    }
    return done;
  }

 private:
  std::size_t write_some(std::string_view bytes) {
    for (int slice = 0; slice < kStallSlices; ++slice) {
      pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
      const int polled = ::poll(&ready, 1, kStallSliceMs);
      if (polled < 0 && errno != EINTR) return 0;
      if (polled <= 0) continue;
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written > 0) return static_cast<std::size_t>(written);
      if (written < 0 && errno != EINTR && errno != EAGAIN) return 0;
    }
    return 0;
  }

  const int fd_;
  std::size_t chunk_bytes_;
  bool torn_ = false;  // the last byte written was inside a line
};

}  // namespace

struct Log::Impl {
  Impl(int fd, const base::Clock& c, Registry& metrics)
      : clock(c),
        dropped(metrics.make_counter("ashlar_log_dropped_total",
                                     "Log lines lost: the queue was full or the output stuck.")),
        sink(fd),
        writer(start_quiet_thread("log", [this] { run(); })) {}

  ~Impl() {
    queue.close();
    writer.join();
  }

  void run() {
    RecordQueue::Batch batch;
    bool open = true;
    do {
      open = queue.wait(kLinger);
      queue.drain(batch);
      write_batch(batch);
      queue.done_with_batch();
    } while (open);
  }

  void write_batch(const RecordQueue::Batch& batch) {
    lost += batch.refused;
    std::size_t next = 0;
    while (next < batch.records.size() || lost > 0) {
      text.clear();
      if (lost > 0) {
        append_line(text, clock.now(), Level::kWarn, "log lines lost", {{"lines", lost}});
      }
      std::size_t end = text.size();
      std::size_t out = next;
      while (next < batch.records.size() && text.size() < kWriteBytes)
        text += batch.records[next++];
      const std::size_t written = sink.write_all(text);
      if (written >= end) lost = 0;
      if (written == text.size()) continue;
      while (out < next && end + batch.records[out].size() <= written) {
        end += batch.records[out++].size();
      }
      // Nothing more now: trying each part of a stuck batch for a second would hold up flush().
      const std::size_t given_up = batch.records.size() - out;
      lost += given_up;
      dropped.add(given_up);
      return;
    }
  }

  static constexpr std::size_t kWriteBytes = 64 * 1024;

  const base::Clock& clock;
  Counter& dropped;
  RecordQueue queue{kLimits};
  // The writer thread's own:
  Sink sink;
  std::string text;
  std::uint64_t lost = 0;  // not yet told in a line
  std::thread writer;
};

Log::Log(Level level, int fd, const base::Clock& clock, Registry& metrics)
    : level_(level), impl_(std::make_unique<Impl>(fd, clock, metrics)) {}

Log::~Log() = default;

void Log::write(Level level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!enabled(level) || level == Level::kOff) return;
  thread_local std::string line;
  line.clear();
  const base::Time now = impl_->clock.now();
  append_line(line, now, level, message, fields);
  if (!impl_->queue.push(base::to_micros(now), line)) impl_->dropped.add();
}

void Log::flush() { impl_->queue.flush(); }

}  // namespace ashlar::obs
