// load: a small HTTP/1.1 load generator, open or closed loop. One thread, no pipelining.
//
//   load --port 8080 --rate 10000 --seconds 10 --connections 64 --paths FILE
//   load --port 8080 --seconds 10 --connections 64 --post /v1/links --header 'Authorization: …'
//        --body '{"url":"https://example.com/#"}'          (# becomes a running number)
//   load --port 8080 --rate 90000 --seconds 10 --connections 4000 --timeout-ms 500 --mix FILE
//
// Open loop (--rate): request k is due at start + k / rate, whether or not the server keeps up; its
// latency counts from when it was due, not from when a connection was free. So a stall shows in the
// percentiles instead of hiding in requests that were never sent (coordinated omission). Closed
// loop (no --rate): every connection sends its next request when it has its answer.
//
// --mix: each line of FILE is CLASS TAB METHOD TAB PATH TAB HEADERS TAB BODY, the last two may be
// empty, each of HEADERS ends in a literal \r\n; # in path and body becomes a running number.
// Figures are then printed for each class as well, as CLASS_good and so on.
// --timeout-ms: the clients' own patience. Who has no free connection when he is due is turned away
// (the pool of a real client is bounded too); who has no answer in time hangs up and comes back on
// a new connection; answers later than that are no good.
//
// --requests N ends a run earlier; --skip N begins later in FILE, which is read round and round.
// Prints name=value a line, in microseconds where a name ends so: requests, per_second; p50_us … of
// what was served, refused_… of 503s, both from when due; refused_sent_… from when sent; status_NNN
// counts; broken_connections; unsent (due, never sent); good (2xx, 3xx, 404 in time), turned_away,
// hung_up; generator_cpu_s.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
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
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Nanos = std::chrono::nanoseconds;
using Micros = std::chrono::microseconds;

struct Options {
  std::uint16_t port = 0;
  double rate = 0;  // requests a second; 0: closed loop
  double seconds = 10;
  std::size_t connections = 64;
  std::uint64_t requests = UINT64_MAX;
  std::uint64_t skip = 0;
  std::string paths_file;
  std::string post_path;
  std::string body;
  std::string headers;
  std::string mix_file;
  double timeout_ms = 0;  // 0: endless patience
};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "load: %s\n", why.c_str());
  std::exit(2);
}

Options parse(int argc, char** argv) {
  std::map<std::string_view, std::string> given;
  for (const char* name : {"--port", "--rate", "--seconds", "--connections", "--requests", "--skip",
                           "--paths", "--post", "--body", "--header", "--mix", "--timeout-ms"}) {
    given[name];
  }
  for (int i = 1; i < argc; i += 2) {
    const auto option = given.find(argv[i]);
    if (option == given.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second += std::string(argv[i + 1]) + (option->first == "--header" ? "\r\n" : "");
  }
  const auto number = [&](std::string_view name, double otherwise) {
    return given[name].empty() ? otherwise : std::atof(given[name].c_str());
  };
  Options options;
  options.port = static_cast<std::uint16_t>(number("--port", 0));
  options.rate = number("--rate", 0);
  options.seconds = number("--seconds", options.seconds);
  options.connections = static_cast<std::size_t>(number("--connections", 64));
  if (!given["--requests"].empty()) options.requests = std::stoull(given["--requests"]);
  options.skip = static_cast<std::uint64_t>(number("--skip", 0));
  options.paths_file = given["--paths"];
  options.post_path = given["--post"];
  options.body = given["--body"];
  options.headers = given["--header"];
  options.mix_file = given["--mix"];
  options.timeout_ms = number("--timeout-ms", 0);
  if (options.port == 0) die("--port is missing");
  if (options.paths_file.empty() + options.post_path.empty() + options.mix_file.empty() != 2) {
    die("give one of --paths, --post and --mix");
  }
  return options;
}

// Where the bytes of the next request come from.
class Requests {
 public:
  explicit Requests(const Options& options)
      : number_(options.skip),
        post_head_("POST " + options.post_path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" +
                   options.headers + "Content-Type: application/json\r\nContent-Length: "),
        get_tail_(" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + options.headers + "\r\n"),
        body_(options.body) {
    if (!options.mix_file.empty()) read_mix(options);
    if (options.paths_file.empty()) return;
    std::ifstream file(options.paths_file, std::ios::binary);
    paths_.assign(std::istreambuf_iterator<char>(file), {});
    if (paths_.empty() || paths_.back() != '\n') die("no lines in " + options.paths_file);
    for (std::uint64_t i = 0; i < options.skip; ++i) next_path();
  }

  // Of the request that next() gave last; 0 without --mix.
  [[nodiscard]] std::size_t last_class() const { return last_class_; }
  [[nodiscard]] const std::vector<std::string>& classes() const { return classes_; }

  const std::string& next() {
    if (!mix_.empty()) return next_mixed();
    if (paths_.empty()) return next_post();
    made_ = "GET ";
    made_ += next_path();
    made_ += get_tail_;
    return made_;
  }

 private:
  struct Mixed {
    std::size_t of_class;
    std::string head;  // up to Content-Length's value, or whole
    std::string body;
  };

  void read_mix(const Options& options) {
    std::ifstream file(options.mix_file, std::ios::binary);
    for (std::string line; std::getline(file, line);) {
      std::array<std::string, 5> part;
      std::size_t at = 0;
      for (std::string& text : part) {
        const std::size_t tab = std::min(line.find('\t', at), line.size());
        text = line.substr(std::min(at, line.size()), tab - at);
        at = tab + 1;
      }
      for (std::size_t break_at; (break_at = part[3].find("\\r\\n")) != std::string::npos;) {
        part[3].replace(break_at, 4, "\r\n");
      }
      auto known = std::ranges::find(classes_, part[0]);
      if (known == classes_.end()) known = classes_.insert(known, part[0]);
      std::string head =
          part[1] + " " + part[2] + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + options.headers + part[3];
      if (!part[4].empty()) head += "Content-Type: application/json\r\nContent-Length: ";
      mix_.push_back({static_cast<std::size_t>(known - classes_.begin()), head, part[4]});
    }
    if (mix_.empty()) die("no lines in " + options.mix_file);
    at_ = options.skip % mix_.size();
  }

  static void number_it(std::string& text, const std::string& number) {
    if (const std::size_t at = text.find('#'); at != std::string::npos) text.replace(at, 1, number);
  }

  const std::string& next_mixed() {
    const Mixed& mixed = mix_[at_];
    at_ = at_ + 1 == mix_.size() ? 0 : at_ + 1;
    last_class_ = mixed.of_class;
    const std::string number = std::to_string(number_++);
    made_ = mixed.head;
    number_it(made_, number);
    if (!mixed.body.empty()) {
      std::string body = mixed.body;
      number_it(body, number);
      made_ += std::to_string(body.size()) + "\r\n\r\n" + body;
    } else {
      made_ += "\r\n";
    }
    return made_;
  }

  std::string_view next_path() {
    const std::size_t end = paths_.find('\n', at_);
    const std::string_view path = std::string_view(paths_).substr(at_, end - at_);
    at_ = end + 1 == paths_.size() ? 0 : end + 1;
    return path;
  }

  const std::string& next_post() {
    std::string body = body_;
    if (const std::size_t at = body.find('#'); at != std::string::npos) {
      body.replace(at, 1, std::to_string(number_++));
    }
    made_ = post_head_ + std::to_string(body.size()) + "\r\n\r\n" + body;
    return made_;
  }

  std::vector<Mixed> mix_;
  std::vector<std::string> classes_;
  std::size_t last_class_ = 0;
  std::string paths_;
  std::size_t at_ = 0;
  std::uint64_t number_;
  const std::string post_head_;
  const std::string get_tail_;
  const std::string body_;
  std::string made_;
};

class Latencies {
 public:
  void add(Nanos latency) {
    all_.push_back(static_cast<std::uint32_t>(std::chrono::duration_cast<Micros>(latency).count()));
  }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  void print(const char* prefix) {
    if (all_.empty()) return;
    std::ranges::sort(all_);
    constexpr std::array<std::pair<const char*, double>, 4> kWanted{
        {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}}};
    for (const auto& [name, share] : kWanted) {
      const auto at = static_cast<std::size_t>(share * static_cast<double>(all_.size()));
      std::printf("%s%s_us=%u\n", prefix, name, all_[std::min(all_.size() - 1, at)]);
    }
    std::printf("%smax_us=%u\n", prefix, all_.back());
  }

 private:
  std::vector<std::uint32_t> all_;
};

struct Connection {
  int fd = -1;
  bool busy = false;  // else it stands in idle_
  std::size_t of_class = 0;
  Clock::time_point due;
  Clock::time_point sent;
  std::string in;
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options), requests_(options) {}

  void run() {
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // a due request must not wait for the kernel's usual 50 us
    epoll_ = ::epoll_create1(0);
    connections_.resize(options_.connections);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      open(i);
      idle_.push_back(i);
    }
    start_ = Clock::now();
    end_ = start_ + after(options_.seconds);
    std::array<epoll_event, 256> events{};
    while (!over()) {
      const timespec wait = send_what_is_due();
      const int count =
          ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
      for (int i = 0; i < count; ++i) receive(events[static_cast<std::size_t>(i)].data.u64);
      if (options_.timeout_ms > 0) hang_up_where_it_takes_too_long();
    }
    report();
  }

 private:
  static Nanos after(double seconds) {
    return std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
  }

  // Answers still on their way at the end get five more seconds.
  [[nodiscard]] bool over() const {
    const auto now = Clock::now();
    const bool all_sent = now >= end_ || sent_ >= options_.requests;
    return (all_sent && idle_.size() == connections_.size()) ||
           now >= end_ + std::chrono::seconds(5);
  }

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

  // How long to wait for the next, unless an answer comes first.
  timespec send_what_is_due() {
    constexpr timespec kForAnswers{0, 10'000'000};
    while (sent_ < options_.requests && !idle_.empty()) {
      const auto now = Clock::now();
      const auto due =
          options_.rate > 0 ? start_ + after(static_cast<double>(sent_) / options_.rate) : now;
      if (due >= end_) break;
      if (due > now) return {0, std::min<long>((due - now).count(), kForAnswers.tv_nsec)};
      const std::size_t i = idle_.front();
      idle_.pop_front();
      ++sent_;
      send(i, due, now);
    }
    if (options_.timeout_ms > 0 && options_.rate > 0) turn_away();
    return kForAnswers;
  }

  // No connection is free: those who are due by now do not wait for one.
  void turn_away() {
    const auto due = static_cast<std::uint64_t>(
        std::chrono::duration<double>(std::min(Clock::now(), end_) - start_).count() *
        options_.rate);
    if (!idle_.empty() || due <= sent_) return;
    turned_away_ += due - sent_;
    sent_ = due;
  }

  // In the order in which they were sent; a connection may have been answered and used again.
  void hang_up_where_it_takes_too_long() {
    const auto now = Clock::now();
    while (!under_way_.empty() &&
           now - under_way_.front().second > after(options_.timeout_ms / 1e3)) {
      const auto [i, sent] = under_way_.front();
      under_way_.pop_front();
      if (!connections_[i].busy || connections_[i].sent != sent) continue;
      ++hung_up_;
      reconnect(i);
      --broken_;
    }
  }

  void send(std::size_t i, Clock::time_point due, Clock::time_point now) {
    Connection& c = connections_[i];
    c.busy = true;
    c.due = due;
    c.sent = now;
    const std::string& request = requests_.next();
    c.of_class = requests_.last_class();
    if (options_.timeout_ms > 0) under_way_.emplace_back(i, now);
    if (::send(c.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      reconnect(i);
    }
  }

  void reconnect(std::size_t i) {
    ++broken_;
    if (connections_[i].busy) idle_.push_back(i);  // else it stands there already
    ::close(connections_[i].fd);
    connections_[i] = {};
    open(i);
  }

  void receive(std::size_t i) {
    Connection& c = connections_[i];
    std::array<char, 65536> buffer;
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
  }

  void finish(std::size_t i, int status) {
    Connection& c = connections_[i];
    const auto now = Clock::now();
    statuses_[status] += 1;
    (status == 503 ? refused_ : served_).add(now - c.due);
    if (status == 503) refused_sent_.add(now - c.sent);
    note_class(c, status, now);
    last_answer_ = now;
    c.busy = false;
    c.in.clear();
    idle_.push_back(i);
  }

  void note_class(const Connection& c, int status, Clock::time_point now) {
    if (classes_.size() <= c.of_class) classes_.resize(c.of_class + 1);
    OfClass& of = classes_[c.of_class];
    if (status == 503 || status == 429 || status == 504) {
      ++of.refused;
      return;
    }
    of.served.add(now - c.due);
    const bool in_time =
        options_.timeout_ms <= 0 || now - c.due <= after(options_.timeout_ms / 1e3);
    if (in_time && (status < 400 || status == 404)) ++of.good;
  }

  void report_classes() {
    std::size_t good = 0;
    for (std::size_t i = 0; i < classes_.size(); ++i) {
      OfClass& of = classes_[i];
      good += of.good;
      if (i >= requests_.classes().size()) continue;
      const std::string name = requests_.classes()[i] + "_";
      std::printf("%sgood=%zu\n%srefused=%zu\n", name.c_str(), of.good, name.c_str(), of.refused);
      of.served.print(name.c_str());
    }
    std::printf("good=%zu\nturned_away=%llu\nhung_up=%zu\n", good,
                static_cast<unsigned long long>(turned_away_), hung_up_);
  }

  void report() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const double cpu_s = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    const std::size_t total = served_.size() + refused_.size();
    const double seconds = std::chrono::duration<double>(last_answer_ - start_).count();
    std::printf("requests=%zu\nseconds=%.3f\nper_second=%.0f\n", total, seconds,
                total > 0 ? static_cast<double>(total) / seconds : 0);
    if (options_.rate > 0) {
      const double due =
          std::min(options_.rate * options_.seconds, static_cast<double>(options_.requests));
      std::printf("offered_per_second=%.0f\nunsent=%.0f\n", options_.rate,
                  std::max(0.0, due - static_cast<double>(sent_)));
    }
    served_.print("");
    refused_.print("refused_");
    refused_sent_.print("refused_sent_");
    for (const auto& [status, count] : statuses_) std::printf("status_%d=%zu\n", status, count);
    report_classes();
    std::printf("broken_connections=%zu\ngenerator_cpu_s=%.2f\n", broken_, cpu_s);
  }

  const Options& options_;
  Requests requests_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  Clock::time_point start_;
  Clock::time_point end_;
  Clock::time_point last_answer_;
  std::uint64_t sent_ = 0;  // or turned away
  std::uint64_t turned_away_ = 0;
  std::size_t hung_up_ = 0;
  std::deque<std::pair<std::size_t, Clock::time_point>> under_way_;
  struct OfClass {
    Latencies served;
    std::size_t good = 0;
    std::size_t refused = 0;
  };
  std::vector<OfClass> classes_;
  std::size_t broken_ = 0;
  Latencies served_;
  Latencies refused_;
  Latencies refused_sent_;
  std::map<int, std::size_t> statuses_;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Load(options).run();
  return 0;
}
