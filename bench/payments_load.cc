// payments_load: whole payments against a running server, closed loop. One thread, no pipelining.
//
//   payments_load --port 8080 --key KEY --run NAME --seconds 10 --connections 64
//
// A payment is three calls, each under an Idempotency-Key of its own that begins with NAME:
//   create   POST /v1/payments {amount, "EUR", "capture": "manual"}                           201
//   confirm  POST /v1/payments/{id}/confirm {"payment_method": "pm_card_visa"}                200
//   capture  POST /v1/payments/{id}/capture {}                          200, succeeded, all of it
// Each connection has one payment under way and begins the next when it has the last answer, so
// `connections` payments are in flight. A 503 or 429 is asked again at once under the same key, and
// its time is the payment's; any other answer than those above ends the run. When the time is over
// no payment is begun any more, and those under way are brought to their end.
//
// Prints name=value a line, in microseconds where a name ends so: payments, per_second, amount (the
// sum of what was captured); p50_us … of payments, create_p50_us … of each call; refused (503,
// 429); generator_cpu_s.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "latencies.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<const char*, 3> kCalls{"create", "confirm", "capture"};
constexpr std::chrono::seconds kLongestEnd{60};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "payments_load: %s\n", why.c_str());
  std::exit(2);
}

struct Options {
  std::uint16_t port = 0;
  std::string key;
  std::string run;
  double seconds = 10;
  std::size_t connections = 64;
};

Options parse(int argc, char** argv) {
  std::map<std::string_view, std::string> given{
      {"--port", ""}, {"--key", ""}, {"--run", ""}, {"--seconds", "10"}, {"--connections", "64"}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = given.find(argv[i]);
    if (option == given.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  for (const auto& [name, value] : given) {
    if (value.empty()) die(std::string(name) + " is missing");
  }
  Options options;
  options.port = static_cast<std::uint16_t>(std::atoi(given["--port"].c_str()));
  options.key = given["--key"];
  options.run = given["--run"];
  options.seconds = std::atof(given["--seconds"].c_str());
  options.connections = static_cast<std::size_t>(std::atoll(given["--connections"].c_str()));
  return options;
}

struct Connection {
  int fd = -1;
  bool busy = false;
  std::size_t call = 0;  // of kCalls
  std::uint64_t number = 0;
  std::uint64_t amount = 0;
  std::string payment;  // its id
  Clock::time_point begun;
  Clock::time_point sent;  // first, of this call
  std::string in;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        head_(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + options.key +
              "\r\nContent-Type: application/json\r\nIdempotency-Key: " + options.run + "-") {}

  void run() {
    epoll_ = ::epoll_create1(0);
    connections_.resize(options_.connections);
    for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
    start_ = Clock::now();
    end_ = start_ + std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>(options_.seconds));
    for (Connection& c : connections_) begin(c);
    std::array<epoll_event, 256> events{};
    while (busy_ > 0) {
      if (Clock::now() >= end_ + kLongestEnd) die("not every payment came to its end");
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
      for (int i = 0; i < count; ++i) {
        receive(connections_[events[static_cast<std::size_t>(i)].data.u64]);
      }
    }
    report();
  }

 private:
  void open(std::size_t i) {
    Connection& c = connections_[i];
    c.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
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

  void begin(Connection& c) {
    c.begun = c.sent = Clock::now();
    if (c.begun >= end_) return;
    c.busy = true;
    ++busy_;
    c.call = 0;
    c.number = ++last_;
    c.amount = 100 + c.number * 7919 % 100'000;
    send(c);
  }

  void send(Connection& c) {
    std::string path = "/v1/payments";
    std::string body = "{}";
    if (c.call == 0) {
      body =
          R"({"amount":)" + std::to_string(c.amount) + R"(,"currency":"EUR","capture":"manual"})";
    } else {
      path += "/" + c.payment + "/" + kCalls[c.call];
      if (c.call == 1) body = R"({"payment_method":"pm_card_visa"})";
    }
    const std::string request =
        "POST " + path + head_ + kCalls[c.call] + "-" + std::to_string(c.number) +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    if (::send(c.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      die("a connection broke");
    }
  }

  void receive(Connection& c) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(c.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) die("a connection broke");
    if (!c.busy) die("an answer that nobody asked for");
    c.in.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t head = c.in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    std::size_t length = 0;
    if (const std::size_t at = c.in.find("Content-Length: "); at < head) {
      length = static_cast<std::size_t>(std::atoll(c.in.c_str() + at + 16));
    }
    if (c.in.size() < head + 4 + length) return;
    answer(c, std::atoi(c.in.c_str() + 9), std::string_view(c.in).substr(head + 4, length));
  }

  void answer(Connection& c, int status, std::string_view body) {
    if (status == 503 || status == 429) {
      ++refused_;
      c.in.clear();
      return send(c);
    }
    if (status != (c.call == 0 ? 201 : 200)) unwanted(c, status, body);
    if (c.call == 0) {
      const std::size_t at = body.find(R"("id":"pay_)");
      if (at == std::string_view::npos) unwanted(c, status, body);
      c.payment = body.substr(at + 6, body.find('"', at + 6) - at - 6);
    }
    if (c.call == 2 && !is_captured(c, body)) unwanted(c, status, body);
    c.in.clear();
    const auto now = Clock::now();
    calls_[c.call].add(now - c.sent);
    c.sent = now;
    if (++c.call < kCalls.size()) return send(c);
    payments_.add(now - c.begun);
    amount_ += c.amount;
    last_answer_ = now;
    c.busy = false;
    --busy_;
    begin(c);
  }

  static bool is_captured(const Connection& c, std::string_view body) {
    return body.contains(R"("id":")" + c.payment + "\"") &&
           body.contains(R"("state":"succeeded")") &&
           body.contains(R"("amount_captured":)" + std::to_string(c.amount) + ",");
  }

  [[noreturn]] static void unwanted(const Connection& c, int status, std::string_view body) {
    die(std::string(kCalls[c.call]) + " of " + std::to_string(c.amount) + " was answered by " +
        std::to_string(status) + ": " + std::string(body));
  }

  void report() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const double cpu_s = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    const double seconds = std::chrono::duration<double>(last_answer_ - start_).count();
    std::printf("payments=%zu\nseconds=%.3f\nper_second=%.0f\namount=%llu\nrefused=%llu\n",
                payments_.size(), seconds,
                payments_.size() > 0 ? static_cast<double>(payments_.size()) / seconds : 0,
                static_cast<unsigned long long>(amount_),
                static_cast<unsigned long long>(refused_));
    payments_.print("");
    for (std::size_t i = 0; i < kCalls.size(); ++i) {
      calls_[i].print((std::string(kCalls[i]) + "_").c_str());
    }
    std::printf("generator_cpu_s=%.3f\n", cpu_s);
  }

  const Options options_;
  const std::string head_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::size_t busy_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t amount_ = 0;
  std::uint64_t refused_ = 0;
  Latencies payments_;
  std::array<Latencies, kCalls.size()> calls_;
  Clock::time_point start_;
  Clock::time_point end_;
  Clock::time_point last_answer_;
};

}  // namespace

int main(int argc, char** argv) {
  Load load(parse(argc, argv));
  load.run();
  return 0;
}
