#include "app/cli/log_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace ashlar::app {
namespace {

constexpr int kPipeBytes = 1024 * 1024;  // the most that the kernel gives to everybody

}  // namespace

LogInput::LogInput(std::vector<std::string> files) : files_(std::move(files)), block_(kBlockBytes) {
  if (files_.empty()) files_.emplace_back("-");
}

LogInput::~LogInput() { close(); }

void LogInput::close() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
  fd_ = -1;
}

base::Error LogInput::error_of(const char* what, int code) const {
  const std::string& file = files_[next_];
  return base::fail(base::Code::kUnavailable, "input_failed",
                    std::string(what) + " " + (file == "-" ? "standard input" : file) + ": " +
                        std::generic_category().message(code));
}

base::Result<std::optional<int>> LogInput::descriptor() {
  if (fd_ >= 0) return std::optional<int>(fd_);
  if (next_ == files_.size()) return std::optional<int>();
  if (files_[next_] == "-") {
    fd_ = STDIN_FILENO;
  } else {
    fd_ = ::open(files_[next_].c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) return error_of("cannot open", errno);
  }
  // The larger the pipe, the fewer turns of its two ends; refused where it is no pipe.
  static_cast<void>(::fcntl(fd_, F_SETPIPE_SZ, kPipeBytes));
  return std::optional<int>(fd_);
}

base::Result<LogInput::Block> LogInput::read() {
  const ssize_t size = ::read(fd_, block_.data(), block_.size());
  if (size < 0) {
    if (errno == EINTR || errno == EAGAIN) return Block{};
    return error_of("cannot read", errno);
  }
  if (size == 0) {
    close();
    ++next_;
    return Block{{}, true};
  }
  return Block{{block_.data(), static_cast<std::size_t>(size)}, false};
}

}  // namespace ashlar::app
