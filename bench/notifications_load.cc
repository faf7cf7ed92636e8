// notifications_load: notifications into a running server, and the mail servers that they come out
// at. One thread for both, so that one clock sees a message go in and come out.
//
//   notifications_load --port 8080 --key KEY --sinks 2525[,2526] [--users N] [--connections N]
//       [--seconds S] [--rate N] [--priority P] [--bulk N] [--bulk-priority P]
//       [--fail refuse|error|silent --fail-at S --fail-seconds S] [--timeline FILE] [--drain S]
//
//   users     recipients that are put first; what goes out goes to them in turn
//   rate      an open loop: request k is due at start + k / rate, and its times count from then;
//             0: a closed loop, each connection sends its next when it has its answer
//   bulk      so many are accepted first, while the mail servers hold; then these go on, and with
//             them begins the measurement
//   fail      what the first mail server does from fail-at on, for fail-seconds
//   timeline  a line each kBucket: see write_timeline()
// The run ends when all that was accepted has come out, or `drain` seconds after the last request.
//
// Prints name=value a line: accepted, seconds, per_second, refused (429, 503: sent again); p50_us …
// of the answers, arrival_p50_us … from when it was due until the mail server had it; bulk,
// bulk_accepted_per_second, bulk_per_second (out); arrived, lost, doubled, by_<sink>,
// failed_<sink>; opened_us, closed_us of the first provider's breaker after fail-at and after its
// end.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "latencies.h"
#include "mail_sink.h"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;
using std::chrono::milliseconds;

constexpr milliseconds kBucket{100};
constexpr milliseconds kLook{50};  // at the providers' health

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "notifications_load: %s\n", why.c_str());
  std::exit(2);
}

using Options = std::map<std::string, std::string, std::less<>>;

double seconds_of(Clock::duration span) { return duration<double>(span).count(); }
Clock::duration span_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(duration<double>(seconds));
}

struct Message {
  Clock::time_point due, answered{}, arrived{};
  std::uint32_t arrivals = 0;
};
struct Bucket {
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, 2> taken{}, failed{};
  Latencies arrival;
  int breaker = 0;  // 0 closed, 1 half-open, 2 open; of the first provider
};
// A connection to the API.
struct Door {
  int fd = -1;
  bool busy = false;
  std::int64_t number = 0;
  std::string request, in;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), epoll_(::epoll_create1(0)), users_(integer("users")) {
    const std::string ports = options_.at("sinks");
    for (std::size_t from = 0; from < ports.size();) {
      const std::size_t comma = std::min(ports.find(',', from), ports.size());
      const std::size_t index = sinks_.size();
      sinks_.push_back(std::make_unique<MailSink>(
          epoll_, static_cast<std::uint16_t>(std::atoi(ports.c_str() + from)),
          [this, index](std::int64_t number) { arrived(index, number); }));
      if (!sinks_.back()->open()) die("a mail server's port is taken");
      from = comma + 1;
    }
    doors_.resize(static_cast<std::size_t>(integer("connections")));
    for (Door& door : doors_) open(door);
    if (!options_.at("fail").empty()) open(health_);
  }

  void run() {
    closed(users_, [this](Door& door) { put_recipient(door); });
    const std::int64_t bulk = integer("bulk");
    if (bulk > 0) {
      for (const auto& sink : sinks_) sink->set(MailSink::Mode::kHold);
      priority_ = options_.at("bulk-priority");
      const auto begun = Clock::now();
      closed(bulk, [this](Door& door) { post(door, Clock::now()); });
      std::printf("bulk=%lld\nbulk_accepted_per_second=%.0f\n", static_cast<long long>(bulk),
                  static_cast<double>(bulk) / seconds_of(Clock::now() - begun));
    }
    first_ = messages_.size();
    priority_ = options_.at("priority");
    start_ = Clock::now();
    end_ = start_ + span_of(real("seconds"));
    for (const auto& sink : sinks_) sink->set(MailSink::Mode::kTake);
    const double rate = real("rate");
    if (rate > 0) {
      open_loop(rate);
    } else {
      closed(INT64_MAX, [this](Door& door) { post(door, Clock::now()); });
    }
    posted_ = Clock::now();
    const auto last = posted_ + span_of(real("drain"));
    while (waiting_ > 0 && Clock::now() < last) step();
    report();
  }

 private:
  [[nodiscard]] std::int64_t integer(std::string_view name) const {
    return std::atoll(options_.find(name)->second.c_str());
  }
  [[nodiscard]] double real(std::string_view name) const {
    return std::atof(options_.find(name)->second.c_str());
  }

  // --- What is asked ---

  void open(Door& door) const {
    door.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(integer("port")));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(door.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      die(std::string("connect: ") + std::strerror(errno));
    }
    const int on = 1;
    ::setsockopt(door.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = door.fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, door.fd, &event);
  }

  void send(Door& door, const char* method, const std::string& path, const std::string& body) {
    door.busy = true;
    door.request =
        std::string(method) + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" +
        "Authorization: Bearer " + options_.at("key") +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    write(door);
  }
  static void write(const Door& door) {
    if (::send(door.fd, door.request.data(), door.request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(door.request.size())) {
      die("a connection broke");
    }
  }

  void put_recipient(Door& door) {
    const std::string name = "u" + std::to_string(next_user_++);
    door.number = -1;
    send(door, "PUT", "/v1/recipients/" + name, R"({"email":")" + name + R"(@example.org"})");
  }

  void post(Door& door, Clock::time_point due) {
    door.number = static_cast<std::int64_t>(messages_.size());
    messages_.push_back({.due = due});
    const std::string number = std::to_string(door.number);
    send(door, "POST", "/v1/notifications",
         R"({"to":{"user_id":"u)" + std::to_string(door.number % users_) +
             R"("},"channels":["email"],"priority":")" + priority_ +
             R"(","content":{"subject":"m)" + number +
             R"( Your order has been shipped","text":"Hello,\n\nyour order )" + number +
             " left us this morning. It comes with the parcel service within two days; you will "
             "find its number in your account.\\n\\nYours, the shop\"}}");
  }

  // `times` calls by all connections, each the next when it has its answer; or until end_.
  template <class Begin>
  void closed(std::int64_t times, const Begin& begin) {
    std::int64_t begun = 0;
    std::size_t busy = 0;
    do {
      busy = 0;
      for (Door& door : doors_) {
        const bool more = begun < times && (times != INT64_MAX || Clock::now() < end_);
        if (!door.busy && more) {
          ++begun;
          begin(door);
        }
        busy += door.busy ? 1 : 0;
      }
      if (busy > 0) step();
    } while (busy > 0);
  }

  void open_loop(double rate) {
    std::deque<Clock::time_point> late;
    std::int64_t k = 0;
    bool busy = true;
    while (busy || !late.empty() || Clock::now() < end_) {
      const auto now = Clock::now();
      for (;; ++k) {
        const auto due = start_ + span_of(static_cast<double>(k) / rate);
        if (due > now || due >= end_) break;
        late.push_back(due);
      }
      busy = false;
      for (Door& door : doors_) {
        if (!door.busy && !late.empty()) {
          post(door, late.front());
          late.pop_front();
        }
        busy = busy || door.busy;
      }
      script(now);
      step();
    }
  }

  // What the first mail server does, and what the server thinks of it.
  void script(Clock::time_point now) {
    const std::string& fail = options_.at("fail");
    if (fail.empty()) return;
    const auto from = start_ + span_of(real("fail-at"));
    const auto to = from + span_of(real("fail-seconds"));
    const MailSink::Mode wrong = fail == "refuse"  ? MailSink::Mode::kRefuse
                                 : fail == "error" ? MailSink::Mode::kError
                                                   : MailSink::Mode::kSilent;
    const MailSink::Mode wanted = now >= from && now < to ? wrong : MailSink::Mode::kTake;
    if (sinks_.front()->mode() != wanted) sinks_.front()->set(wanted);
    if (now >= next_look_ && !health_.busy) {
      next_look_ = now + kLook;
      health_.number = -2;
      send(health_, "GET", "/v1/notification-provider-health", "");
    }
  }

  // --- What comes ---

  void step() {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == health_.fd) {
        receive(health_);
        continue;
      }
      const auto door = std::ranges::find(doors_, fd, &Door::fd);
      if (door != doors_.end()) {
        receive(*door);
        continue;
      }
      for (const auto& sink : sinks_) {
        if (sink->ready(fd)) break;
      }
    }
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      Bucket* const bucket = bucket_of(Clock::now());
      const std::uint64_t failed = sinks_[i]->counts().failed;
      if (bucket != nullptr) bucket->failed[i] += failed - failed_[i];
      failed_[i] = failed;
    }
  }

  void receive(Door& door) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(door.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      // A server closes what nobody has used for a while.
      if (door.busy || got < 0) die("a connection broke");
      ::close(door.fd);
      return open(door);
    }
    door.in.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t head = door.in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    std::size_t length = 0;
    if (const std::size_t at = door.in.find("Content-Length: "); at < head) {
      length = static_cast<std::size_t>(std::atoll(door.in.c_str() + at + 16));
    }
    if (door.in.size() < head + 4 + length) return;
    const int status = std::atoi(door.in.c_str() + 9);
    const std::string body = door.in.substr(head + 4, length);
    door.in.clear();
    if (status == 503 || status == 429) {
      ++refused_;
      return write(door);
    }
    door.busy = false;
    if (door.number == -2) return looked(body);
    if (door.number == -1 ? status / 100 != 2 : status != 202) {
      die("answered by " + std::to_string(status) + ": " + body);
    }
    if (door.number >= 0) answered(static_cast<std::size_t>(door.number));
  }

  void answered(std::size_t number) {
    Message& message = messages_[number];
    message.answered = Clock::now();
    if (message.arrivals == 0) ++waiting_;
    if (number < first_ || start_ == Clock::time_point()) return;
    answers_.add(message.answered - message.due);
    if (Bucket* bucket = bucket_of(message.answered)) ++bucket->accepted;
  }

  void arrived(std::size_t sink, std::int64_t number) {
    if (number < 0 || static_cast<std::size_t>(number) >= messages_.size())
      die("a stranger's mail");
    Message& message = messages_[static_cast<std::size_t>(number)];
    const auto now = Clock::now();
    if (++message.arrivals > 1) return;
    message.arrived = now;
    if (message.answered != Clock::time_point()) --waiting_;
    Bucket* const bucket = bucket_of(now);
    if (bucket != nullptr) ++bucket->taken[sink];
    if (static_cast<std::size_t>(number) < first_ || start_ == Clock::time_point()) {
      last_bulk_ = now;
      return;
    }
    arrivals_.add(now - message.due);
    if (bucket != nullptr) bucket->arrival.add(now - message.due);
  }

  void looked(const std::string& body) {
    const std::size_t at = body.find(R"("breaker":")");
    if (at == std::string::npos) die("no breaker: " + body);
    const auto now = Clock::now();
    const char letter = body[at + 11];
    const int state = letter == 'o' ? 2 : letter == 'h' ? 1 : 0;
    const auto from = start_ + span_of(real("fail-at"));
    const auto to = from + span_of(real("fail-seconds"));
    if (state == 2 && now >= from && opened_ == Clock::time_point()) opened_ = now;
    if (state == 0 && now >= to && closed_ == Clock::time_point()) closed_ = now;
    if (Bucket* bucket = bucket_of(now)) bucket->breaker = state;
  }

  Bucket* bucket_of(Clock::time_point now) {
    if (options_.at("timeline").empty() || start_ == Clock::time_point()) return nullptr;
    const auto index = static_cast<std::size_t>((now - start_) / kBucket);
    // What was not looked at has not changed.
    while (buckets_.size() <= index) {
      const int breaker = buckets_.empty() ? 0 : buckets_.back().breaker;
      buckets_.emplace_back();
      buckets_.back().breaker = breaker;
    }
    return &buckets_[index];
  }

  // --- What is told ---

  void report() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const double cpu_s = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    std::uint64_t lost = 0, doubled = 0, arrived = 0;
    Clock::time_point last{};
    for (const Message& message : messages_) {
      if (message.answered != Clock::time_point() && message.arrivals == 0) ++lost;
      if (message.arrivals > 1) doubled += message.arrivals - 1;
      arrived += message.arrivals > 0 ? 1 : 0;
      last = std::max(last, message.arrived);
    }
    const double seconds = seconds_of(posted_ - start_);
    std::printf("accepted=%zu\nseconds=%.3f\nper_second=%.0f\nrefused=%llu\n", answers_.size(),
                seconds, static_cast<double>(answers_.size()) / seconds,
                static_cast<unsigned long long>(refused_));
    answers_.print("");
    arrivals_.print("arrival_");
    if (first_ > 0) {
      std::printf("bulk_per_second=%.0f\n",
                  static_cast<double>(first_) / seconds_of(last_bulk_ - start_));
    }
    std::printf("out_per_second=%.0f\narrived=%llu\nlost=%llu\ndoubled=%llu\n",
                static_cast<double>(arrived) / seconds_of(last - start_),
                static_cast<unsigned long long>(arrived), static_cast<unsigned long long>(lost),
                static_cast<unsigned long long>(doubled));
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      const MailSink::Counts& counts = sinks_[i]->counts();
      std::printf("by_%zu=%llu\nfailed_%zu=%llu\n", i,
                  static_cast<unsigned long long>(counts.taken), i,
                  static_cast<unsigned long long>(counts.failed));
    }
    if (!options_.at("fail").empty()) {
      const auto from = start_ + span_of(real("fail-at"));
      const auto since = [](Clock::time_point at, Clock::time_point then) {
        return at == Clock::time_point() ? -1.0 : seconds_of(at - then) * 1e6;
      };
      std::printf("opened_us=%.0f\nclosed_us=%.0f\n", since(opened_, from),
                  since(closed_, from + span_of(real("fail-seconds"))));
    }
    std::printf("generator_cpu_s=%.3f\n", cpu_s);
    write_timeline();
  }

  // Tab-separated: seconds since the start (of the bucket's middle), accepted a second, taken and
  // failed a second by each of two mail servers, p50 and p99 (ms) of what arrived, the breaker.
  void write_timeline() {
    if (options_.at("timeline").empty()) return;
    std::FILE* const file = std::fopen(options_.at("timeline").c_str(), "w");
    if (file == nullptr) die("the timeline cannot be written");
    const double per_s = 1 / seconds_of(kBucket);
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      Bucket& b = buckets_[i];
      const auto rate = [&](std::uint64_t count) { return static_cast<double>(count) * per_s; };
      std::fprintf(file, "%.2f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%d\n",
                   (static_cast<double>(i) + 0.5) / per_s, rate(b.accepted), rate(b.taken[0]),
                   rate(b.taken[1]), rate(b.failed[0]), rate(b.failed[1]), b.arrival.at(0.5) / 1e3,
                   b.arrival.at(0.99) / 1e3, b.breaker);
    }
    std::fclose(file);
  }

  const Options& options_;
  const int epoll_;
  const std::int64_t users_;
  std::vector<std::unique_ptr<MailSink>> sinks_;
  std::vector<Door> doors_;
  Door health_;
  std::int64_t next_user_ = 0;
  std::string priority_;
  std::vector<Message> messages_;
  std::size_t first_ = 0;  // of those that are measured
  std::int64_t waiting_ = 0;
  std::uint64_t refused_ = 0;
  std::array<std::uint64_t, 2> failed_{};
  Latencies answers_, arrivals_;
  std::vector<Bucket> buckets_;
  Clock::time_point start_{}, end_{}, posted_{}, last_bulk_{}, next_look_{}, opened_{}, closed_{};
};

}  // namespace

int main(int argc, char** argv) {
  Options options{{"port", ""},           {"key", ""},
                  {"sinks", ""},          {"users", "1000"},
                  {"connections", "64"},  {"seconds", "5"},
                  {"rate", "0"},          {"priority", "normal"},
                  {"bulk", "0"},          {"bulk-priority", "bulk"},
                  {"fail", ""},           {"fail-at", "10"},
                  {"fail-seconds", "60"}, {"timeline", ""},
                  {"drain", "60"}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(std::string_view(argv[i]).substr(2));
    if (option == options.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  for (const char* needed : {"port", "key", "sinks"}) {
    if (options.at(needed).empty()) die(std::string("--") + needed + " is missing");
  }
  Load(options).run();
  return 0;
}
