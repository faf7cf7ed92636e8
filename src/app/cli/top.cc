#include "app/cli/top.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

#include "app/cli/log_input.h"
#include "app/config.h"
#include "base/entropy.h"
#include "modules/activity/top_reader.h"
#include "modules/activity/top_text.h"

namespace ashlar::app {
namespace {

using activity::TopLook;
using activity::TopReader;
using activity::TopTable;

constexpr std::string_view kReaderGone = "reader_gone";

// All of it, or an error; kReaderGone where nobody reads any more.
base::Status write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {
        pollfd room{STDOUT_FILENO, POLLOUT, 0};
        ::poll(&room, 1, -1);
        continue;
      }
      return base::fail(
          base::Code::kUnavailable, errno == EPIPE ? kReaderGone.data() : "output_failed",
          "cannot write to standard output: " + std::generic_category().message(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return base::ok_status();
}

std::string variable(const Environment& environment, std::string_view name) {
  for (const auto& [key, value] : environment) {
    if (key == name) return value;
  }
  return {};
}

// The terminal on standard output: what it can, and the frame that stands on it.
class Screen {
 public:
  Screen() {
    const Environment environment = process_environment();
    terminal_ = ::isatty(STDOUT_FILENO) == 1 && variable(environment, "TERM") != "dumb";
    color_ = terminal_ && variable(environment, "NO_COLOR").empty();
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
      const std::string locale = variable(environment, name);
      if (locale.empty()) continue;
      unicode_ = locale.contains("UTF-8") || locale.contains("utf8");
      break;
    }
  }

  [[nodiscard]] bool terminal() const { return terminal_; }

  [[nodiscard]] TopLook look() const {
    TopLook look;
    if (!terminal_) return look;
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    look.columns = known && size.ws_col > 0 ? size.ws_col : 80;
    look.lines = known && size.ws_row > 0 ? size.ws_row : 24;
    look.color = color_;
    look.unicode = unicode_;
    return look;
  }

  // Over the frame before it, in one write, so that nothing flickers.
  base::Status draw(const std::string& frame) {
    std::string out = lines_ > 0 ? "\x1b[" + std::to_string(lines_) + "A\r" : "\x1b[?25l";
    lines_ = 0;
    for (const char c : frame) {
      if (c == '\n') {
        out += "\x1b[K";
        ++lines_;
      }
      out += c;
    }
    cursor_hidden_ = true;
    return write_out(out + "\x1b[J");
  }

  void show_cursor() {
    if (!cursor_hidden_) return;
    cursor_hidden_ = false;
    // There is nobody to tell if the terminal is gone.
    static_cast<void>(write_out("\x1b[?25h").ok());
  }
  // After the shell has written in between: the next frame begins below it.
  void forget_frame() { lines_ = 0; }

 private:
  bool terminal_ = false;
  bool color_ = false;
  bool unicode_ = true;
  bool cursor_hidden_ = false;
  std::size_t lines_ = 0;
};

// SIGINT, SIGTERM and SIGTSTP as a descriptor, for as long as this lives.
class Signals {
 public:
  Signals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int signal : {SIGINT, SIGTERM, SIGTSTP}) sigaddset(&wanted, signal);
    pthread_sigmask(SIG_BLOCK, &wanted, &before_);
    fd_ = ::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
  }
  ~Signals() {
    if (fd_ >= 0) ::close(fd_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] int descriptor() const { return fd_; }
  // 0: none came.
  [[nodiscard]] int take() const {
    signalfd_siginfo info{};
    return ::read(fd_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  int fd_ = -1;
  sigset_t before_{};
};

std::string counted(std::uint64_t number, const char* what) {
  return number == 0 ? "" : ", " + activity::grouped(number) + " " + what;
}

std::string lines_text(std::uint64_t lines) {
  return activity::grouped(lines) + (lines == 1 ? " line" : " lines");
}

void warn_of_lines(const activity::LineTotals& totals) {
  const std::string wrong =
      counted(totals.malformed, "malformed") + counted(totals.too_long, "too long");
  if (wrong.empty()) return;
  std::fprintf(stderr, "ashlar top: %s%s; the first is line %s: %s\n",
               lines_text(totals.lines).c_str(), wrong.c_str(),
               activity::grouped(totals.first_bad).c_str(),
               std::string(totals.first_reason).c_str());
}

void warn_of_bounds(const TopTable& table) {
  if (table.exact) return;
  std::fprintf(stderr,
               "ashlar top: over --max-memory: rare names were given up, counts are bounds\n");
}

class Top {
 public:
  Top(const TopOptions& options, const base::Clock& clock)
      : options_(options), clock_(clock), input_(options.files), reader_(seeded(options.reader)) {}

  base::Status once();
  base::Status live();

 private:
  static TopReader::Options seeded(TopReader::Options options) {
    options.seed = base::SystemEntropy().u64();
    return options;
  }

  base::Result<bool> read_some();
  base::Result<bool> wait_and_read(const Signals& signals);
  bool signalled(const Signals& signals);
  base::Status show(std::optional<double> lines_per_s);
  std::string rows(const TopTable& table, std::optional<double> lines_per_s) const;

  const TopOptions& options_;
  const base::Clock& clock_;
  LogInput input_;
  TopReader reader_;
  Screen screen_;
  base::Mono due_;
};

// False: everything has been read.
base::Result<bool> Top::read_some() {
  ASHLAR_ASSIGN(const std::optional<int> descriptor, input_.descriptor());
  if (!descriptor) return false;
  ASHLAR_ASSIGN(const LogInput::Block block, input_.read());
  if (block.file_ended) {
    reader_.end_of_file();
  } else if (!block.bytes.empty()) {
    reader_.feed(block.bytes);
  } else {
    pollfd ready{*descriptor, POLLIN, 0};
    ::poll(&ready, 1, -1);
  }
  return true;
}

std::string Top::rows(const TopTable& table, std::optional<double> lines_per_s) const {
  switch (options_.format) {
    case TopFormat::kTsv:
      return activity::tsv(table);
    case TopFormat::kJson:
      return activity::json(table);
    case TopFormat::kTable:
      break;
  }
  if (!table.as_of && options_.once) return {};
  return activity::table_text(table, screen_.look(), lines_per_s);
}

base::Status Top::once() {
  for (bool more = true; more;) {
    ASHLAR_ASSIGN(more, read_some());
  }
  const TopTable table = reader_.table(options_.k);
  ASHLAR_TRY(write_out(rows(table, std::nullopt)));
  warn_of_lines(table.totals);
  warn_of_bounds(table);
  return base::ok_status();
}

// True: it is to end.
bool Top::signalled(const Signals& signals) {
  const int signal = signals.take();
  if (signal != SIGTSTP) return signal != 0;
  screen_.show_cursor();
  std::raise(SIGSTOP);
  screen_.forget_frame();
  return false;
}

// False: everything has been read, or a signal ends it.
base::Result<bool> Top::wait_and_read(const Signals& signals) {
  ASHLAR_ASSIGN(const std::optional<int> descriptor, input_.descriptor());
  if (!descriptor) return false;
  std::array<pollfd, 2> ready{{{*descriptor, POLLIN, 0}, {signals.descriptor(), POLLIN, 0}}};
  const auto left = std::chrono::ceil<base::Millis>(due_ - clock_.mono());
  ::poll(ready.data(), ready.size(), static_cast<int>(std::max<std::int64_t>(0, left.count())));
  if (ready[1].revents != 0 && signalled(signals)) return false;
  if (ready[0].revents == 0) return true;
  return read_some();
}

base::Status Top::show(std::optional<double> lines_per_s) {
  const std::string text = rows(reader_.table(options_.k), lines_per_s);
  if (screen_.terminal() && options_.format == TopFormat::kTable) return screen_.draw(text);
  // Tables that follow each other are told apart by an empty line; JSON's by being one line each.
  const bool apart = options_.format != TopFormat::kJson && !text.empty();
  return write_out(apart ? text + "\n" : text);
}

base::Status Top::live() {
  const Signals signals;
  const base::Mono begin = clock_.mono();
  base::Mono shown_at = begin;
  std::uint64_t shown_lines = 0;
  due_ = begin + options_.interval;
  base::Status status;
  for (bool more = true; more;) {
    base::Result<bool> read = wait_and_read(signals);
    if (!read.ok()) {
      status = std::move(read).error();
      break;
    }
    more = *read;
    const base::Mono now = clock_.mono();
    if (more && now < due_) continue;
    const std::uint64_t lines = reader_.totals().lines;
    // The last table has the rate of the whole; the others that since the one before.
    const std::chrono::duration<double> since = more ? now - shown_at : now - begin;
    const std::uint64_t came = more ? lines - shown_lines : lines;
    const double rate = static_cast<double>(came) / std::max(since.count(), 1e-9);
    status = show(rate);
    if (!status.ok()) break;
    if (!more) {
      std::fprintf(stderr, "ashlar top: %s in %.2f s, %s a second\n", lines_text(lines).c_str(),
                   since.count(), lines_text(static_cast<std::uint64_t>(rate)).c_str());
    }
    shown_at = now;
    shown_lines = lines;
    due_ = clock_.mono() + options_.interval;
  }
  screen_.show_cursor();
  if (status.ok()) warn_of_lines(reader_.totals());
  return status;
}

}  // namespace

base::Status run_top(const TopOptions& options, const base::Clock& clock) {
  std::signal(SIGPIPE, SIG_IGN);
  Top top(options, clock);
  base::Status status = options.once ? top.once() : top.live();
  if (!status.ok() && status.error().reason == kReaderGone) return base::ok_status();
  return status;
}

}  // namespace ashlar::app
