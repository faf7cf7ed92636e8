// load: a small HTTP/1.1 load generator, open or closed loop.
//
//   load --port 8080 --rate 10000 --seconds 10 --connections 64 --paths FILE
//   load --port 8080 --seconds 10 --connections 64 --post /v1/links --header 'Authorization: …'
//        --body '{"url":"https://example.com/#"}'          (# becomes a running number)
//
// Open loop (--rate): request k is due at start + k / rate, whether or not the server keeps up; its
// latency counts from when it was due, not from when a connection was free. So a stall shows in the
// percentiles instead of hiding in requests that were never sent (coordinated omission). Closed loop
// (no --rate): every connection sends its next request when it has its answer.
//
// One thread, no pipelining. Prints one JSON object: requests, rate, latencies in microseconds (all,
// and of refused ones, 503), answers by status, own CPU seconds.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Nanos = std::chrono::nanoseconds;

struct Options {
  int port = 0;
  double rate = 0;  // requests a second; 0: closed loop
  double seconds = 10;
  std::size_t connections = 64;
  std::string paths_file;
  std::string post_path;
  std::string body;
  std::string headers;
};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "load: %s\n", why.c_str());
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port") options.port = std::atoi(value);
    else if (name == "--rate") options.rate = std::atof(value);
    else if (name == "--seconds") options.seconds = std::atof(value);
    else if (name == "--connections") options.connections = static_cast<std::size_t>(std::atoi(value));
    else if (name == "--paths") options.paths_file = value;
    else if (name == "--post") options.post_path = value;
    else if (name == "--body") options.body = value;
    else if (name == "--header") options.headers += std::string(value) + "\r\n";
    else die("unknown option " + std::string(name));
  }
  if (options.port == 0) die("--port is missing");
  return options;
}

// Where the bytes of the next request come from.
class Requests {
 public:
  explicit Requests(const Options& options) : options_(options) {
    if (options.paths_file.empty()) return;
    std::ifstream file(options.paths_file);
    std::string path;
    while (std::getline(file, path)) {
      fixed_.push_back("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + options.headers + "\r\n");
    }
    if (fixed_.empty()) die("no paths in " + options.paths_file);
  }

  const std::string& next() {
    const std::size_t number = count_++;
    if (!fixed_.empty()) return fixed_[number % fixed_.size()];
    std::string body = options_.body;
    if (const std::size_t at = body.find('#'); at != std::string::npos) {
      body.replace(at, 1, std::to_string(number));
    }
    made_ = "POST " + options_.post_path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + options_.headers +
            "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body;
    return made_;
  }

 private:
  const Options& options_;
  std::vector<std::string> fixed_;
  std::string made_;
  std::size_t count_ = 0;
};

struct Connection {
  int fd = -1;
  bool busy = false;
  Clock::time_point due;
  std::string in;
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options), requests_(options) {}

  void run() {
    epoll_ = ::epoll_create1(0);
    connections_.resize(options_.connections);
    for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
    start_ = Clock::now();
    end_ = start_ + std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(options_.seconds));
    if (options_.rate <= 0) {
      for (std::size_t i = 0; i < connections_.size(); ++i) send(i, Clock::now());
    } else {
      for (std::size_t i = 0; i < connections_.size(); ++i) idle_.push_back(i);
    }
    std::array<epoll_event, 256> events{};
    // Answers still on their way at the end get one more second.
    while (Clock::now() < end_ + std::chrono::seconds(1)) {
      if (Clock::now() >= end_ && idle_.size() == connections_.size()) break;
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), pace());
      for (int i = 0; i < count; ++i) receive(events[static_cast<std::size_t>(i)].data.u64);
    }
    report();
  }

 private:
  void open(std::size_t i) {
    Connection& c = connections_[i];
    c.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(c.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      die(std::string("connect: ") + std::strerror(errno));
    }
    const int on = 1;
    ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
  }

  // Sends what is due and says how long to wait for the next, in milliseconds.
  int pace() {
    if (options_.rate <= 0) return 100;
    while (true) {
      const auto due = start_ + Nanos(static_cast<std::int64_t>(
                                    static_cast<double>(scheduled_) * 1e9 / options_.rate));
      if (due >= end_) return 10;
      const auto now = Clock::now();
      // A millisecond is too coarse for epoll_wait at these rates: spin below it.
      if (due > now) return due - now > std::chrono::milliseconds(2) ? 1 : 0;
      if (idle_.empty()) return 1;  // due, but no connection is free: its latency is growing
      const std::size_t i = idle_.front();
      idle_.pop_front();
      ++scheduled_;
      send(i, due);
    }
  }

  void send(std::size_t i, Clock::time_point due) {
    Connection& c = connections_[i];
    c.busy = true;
    c.due = due;
    const std::string& request = requests_.next();
    if (::send(c.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      reconnect(i);
    }
  }

  void reconnect(std::size_t i) {
    ++broken_;
    ::close(connections_[i].fd);
    connections_[i] = {};
    open(i);
    idle_.push_back(i);
  }

  void receive(std::size_t i) {
    Connection& c = connections_[i];
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(c.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return reconnect(i);
    c.in.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t head = c.in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    std::size_t length = 0;
    if (const std::size_t at = c.in.find("Content-Length: "); at < head) {
      length = static_cast<std::size_t>(std::atoll(c.in.c_str() + at + 16));
    }
    if (c.in.size() < head + 4 + length) return;
    finish(i, std::atoi(c.in.c_str() + 9));
    c.in.clear();
  }

  void finish(std::size_t i, int status) {
    Connection& c = connections_[i];
    c.busy = false;
    const auto now = Clock::now();
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now - c.due).count();
    statuses_[status] += 1;
    (status == 503 ? refused_us_ : served_us_).push_back(static_cast<std::uint32_t>(micros));
    if (now >= end_ || options_.rate > 0) {
      idle_.push_back(i);
    } else {
      send(i, now);
    }
  }

  static std::string percentiles(std::vector<std::uint32_t>& all) {
    if (all.empty()) return "null";
    std::ranges::sort(all);
    const auto at = [&](double p) {
      return all[std::min(all.size() - 1, static_cast<std::size_t>(p * static_cast<double>(all.size())))];
    };
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(),
                  R"({"p50":%u,"p90":%u,"p99":%u,"p999":%u,"max":%u})", at(0.5), at(0.9), at(0.99),
                  at(0.999), all.back());
    return text.data();
  }

  void report() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    const std::size_t total = served_us_.size() + refused_us_.size();
    std::string statuses;
    for (const auto& [status, count] : statuses_) {
      statuses += (statuses.empty() ? "\"" : ",\"") + std::to_string(status) + "\":" + std::to_string(count);
    }
    std::printf("{\"requests\":%zu,\"per_second\":%.0f,\"offered_per_second\":%.0f,\"served_us\":%s,"
                "\"refused_us\":%s,\"statuses\":{%s},\"broken_connections\":%zu,"
                "\"generator_cpu_s\":%.2f}\n",
                total, static_cast<double>(total) / options_.seconds, options_.rate,
                percentiles(served_us_).c_str(), percentiles(refused_us_).c_str(), statuses.c_str(),
                broken_, cpu);
  }

  const Options& options_;
  Requests requests_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  Clock::time_point start_;
  Clock::time_point end_;
  std::uint64_t scheduled_ = 0;
  std::size_t broken_ = 0;
  std::vector<std::uint32_t> served_us_;
  std::vector<std::uint32_t> refused_us_;
  std::map<int, std::size_t> statuses_;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Load(options).run();
  return 0;
}
