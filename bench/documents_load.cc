// documents_load: people who write in documents at once, against a running server. One thread.
//
//   documents_load --port 8080 --wire y-websocket --path /v1/documents/ws/ --query ?token=KEY
//                  --documents 1 --writers 1 --readers 100 --rate 400 --seconds 10 [--token KEY]
//
// Each of `documents` has `writers` and `readers`. A writer appends one letter at a time, `rate`
// letters a second and document in all, each at its due time whether or not those before have
// arrived (open loop); latency counts from the due time. Everybody who is not the writer of a
// letter has to receive it: deliveries = letters x (writers + readers - 1). Letters that the server
// has put together into one frame count as so many deliveries; frames are counted beside them.
//
//   --wire y-websocket | hocuspocus     PATH + name of the document + QUERY is the address; with
//                                       hocuspocus it is PATH + QUERY, and --token what Auth says
//
// It never sleeps while it writes: waking it would be the server's cost, which it is not where
// clients are elsewhere. With --server PID the CPU of that process is counted, from the time when
// all documents are open: server_us.
//
// With --returning N, at half time N clients come at once, ten to a document of their own, each
// with 50 letters that it wrote while it was away: returned, returned_p50_us … until the server has
// answered for them, and meanwhile_p50_us …, the latency of the others' letters of that time.
//
// Prints name=value a line: letters, deliveries, frames, missing (not arrived 20 s after the last
// letter: 0 unless something is wrong), seconds (until the last delivery), per_second; p50_us …;
// generator_cpu_s.
#include <sys/epoll.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "latencies.h"
#include "ws_client.h"
#include "yjs_messages.h"

namespace {

using Clock = std::chrono::steady_clock;
using Kind = yjs::Messages::Heard::Kind;

constexpr std::chrono::seconds kOpening{60};
constexpr std::chrono::seconds kLongestEnd{20};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "documents_load: %s\n", why.c_str());
  std::exit(2);
}

struct Options {
  std::uint16_t port = 0;
  yjs::Wire wire = yjs::Wire::kYWebsocket;
  std::string path, query, token, run;
  std::size_t documents = 1, writers = 1, readers = 1;
  std::string server;
  std::size_t returning = 0;
  double rate = 0, seconds = 0;
};

Options parse(int argc, char** argv) {
  std::map<std::string_view, std::string> given{
      {"--port", ""},      {"--wire", "y-websocket"}, {"--path", "/"},    {"--query", ""},
      {"--token", "-"},    {"--documents", "1"},      {"--writers", "1"}, {"--readers", "100"},
      {"--rate", "100"},   {"--seconds", "10"},       {"--run", "load"},  {"--server", ""},
      {"--returning", "0"}};
  for (int i = 1; i < argc; i += 2) {
    const auto option = given.find(argv[i]);
    if (option == given.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  const auto count = [&](const char* name) {
    return static_cast<std::size_t>(std::atoll(given[name].c_str()));
  };
  Options options;
  options.port = static_cast<std::uint16_t>(count("--port"));
  options.wire = given["--wire"] == "hocuspocus" ? yjs::Wire::kHocuspocus : yjs::Wire::kYWebsocket;
  options.path = given["--path"];
  options.query = given["--query"];
  options.token = given["--token"];
  options.run = given["--run"];
  options.server = given["--server"];
  options.documents = count("--documents");
  options.writers = count("--writers");
  options.readers = count("--readers");
  options.returning = count("--returning");
  options.rate = std::atof(given["--rate"].c_str());
  options.seconds = std::atof(given["--seconds"].c_str());
  if (options.port == 0 || options.writers == 0 || options.rate <= 0)
    die("see the head of this file");
  return options;
}

// Nanoseconds that the threads of a process have run.
std::uint64_t cpu_ns(const std::string& pid) {
  std::uint64_t all = 0;
  if (pid.empty()) return all;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + pid + "/task")) {
    std::ifstream in(task.path() / "schedstat");
    std::uint64_t ran = 0;
    if (in >> ran) all += ran;
  }
  return all;
}

// Due times of one writer's letters.
struct Writer {
  std::size_t session = 0;
  std::vector<Clock::time_point> due;
};

struct Session {
  WsClient socket;
  std::size_t document = 0;
  bool asked = false;
  bool ready = false;  // has what the server had, and the server what it had: nothing
  std::uint64_t received = 0;
};

// One who was away.
struct Returning {
  Returning(const Options& options, std::size_t number)
      : document(options.run + "-back-" + std::to_string(number / 10)),
        client(kFirstClient + number),
        say(options.wire, document) {}
  static constexpr std::uint64_t kFirstClient = 1'000'000;
  const std::string document;
  const std::uint64_t client;
  const yjs::Messages say;
  WsClient socket;
  bool asked = false;
  int answers = 0;
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options) {
    for (std::size_t d = 0; d < options.documents; ++d) {
      messages_.emplace_back(options.wire, options.run + "-" + std::to_string(d));
    }
  }

  void run() {
    epoll_ = ::epoll_create1(0);
    open_all();
    const std::uint64_t cpu_before = cpu_ns(options_.server);
    start_ = Clock::now();
    write_until(start_ + std::chrono::duration_cast<Clock::duration>(
                             std::chrono::duration<double>(options_.seconds)));
    const auto give_up = Clock::now() + kLongestEnd;
    const auto is_done = [this] { return deliveries_ >= due() && returned_ == options_.returning; };
    while (!is_done() && Clock::now() < give_up) wait(0);
    server_ns_ = cpu_ns(options_.server) - cpu_before;
    report();
  }

 private:
  [[nodiscard]] std::size_t people() const { return options_.writers + options_.readers; }
  [[nodiscard]] std::uint64_t due() const { return letters_ * (people() - 1); }

  void open_all() {
    sessions_.resize(options_.documents * people());
    writers_.resize(options_.documents * options_.writers);
    const auto give_up = Clock::now() + kOpening;
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
      sessions_[i] = std::make_unique<Session>();
      open(i);
      while (!sessions_[i]->ready) {
        if (Clock::now() > give_up) die("a document does not open");
        wait(10);
      }
    }
  }

  void open(std::size_t i) {
    Session& s = *sessions_[i];
    s.document = i / people();
    if (i % people() < options_.writers) {
      writers_[s.document * options_.writers + i % people()].session = i;
    }
    connect(s.socket, options_.run + "-" + std::to_string(s.document), i);
  }

  void connect(WsClient& socket, const std::string& name, std::uint64_t number) const {
    const std::string target =
        options_.path + (options_.wire == yjs::Wire::kYWebsocket ? name : "") + options_.query;
    if (!socket.connect(options_.port, target)) die("cannot connect");
    epoll_event event{.events = EPOLLIN, .data = {.u64 = number}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.fd(), &event);
  }

  void come_back() {
    back_ = Clock::now();
    for (std::size_t i = 0; i < options_.returning; ++i) {
      returning_.push_back(std::make_unique<Returning>(options_, i));
      connect(returning_[i]->socket, returning_[i]->document, kReturning | i);
      if (i % 10 == 0) wait(0);
    }
  }

  // What he wrote stands between two questions: the second one is answered behind it.
  void hear(Returning& r) {
    const bool alive = r.socket.receive([&](std::string_view m) {
      if (r.say.read(m).kind != Kind::kStep2 || ++r.answers != 2) return;
      ++returned_;
      last_returned_ = Clock::now();
      back_latencies_.add(last_returned_ - back_);
    });
    if (!alive) die("a socket was closed");
    if (r.asked || !r.socket.open()) return;
    r.asked = true;
    if (options_.wire == yjs::Wire::kHocuspocus) r.socket.send(r.say.auth(options_.token));
    r.socket.send(r.say.step1());
    r.socket.send(r.say.step2(yjs::letters(r.client, 50)));
    r.socket.send(r.say.step1());
    r.socket.flush();
  }

  void greet(Session& s) {
    if (s.asked || !s.socket.open()) return;
    s.asked = true;
    const yjs::Messages& say = messages_[s.document];
    if (options_.wire == yjs::Wire::kHocuspocus) s.socket.send(say.auth(options_.token));
    s.socket.send(say.step1());
    s.socket.flush();
  }

  void wait(int limit_ms) {
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), limit_ms);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t number = events[static_cast<std::size_t>(i)].data.u64;
      if ((number & kReturning) != 0) {
        hear(*returning_[number & ~kReturning]);
        continue;
      }
      Session& s = *sessions_[number];
      if (!s.socket.receive([&](std::string_view m) { hear(s, m); })) die("a socket was closed");
      greet(s);
    }
  }

  void hear(Session& s, std::string_view message) {
    const auto heard = messages_[s.document].read(message);
    if (heard.kind == Kind::kStep1) {
      s.socket.send(messages_[s.document].step2(std::string_view("\0\0", 2)));
    } else if (heard.kind == Kind::kStep2) {
      s.ready = true;
    } else if (heard.kind == Kind::kUpdate) {
      ++frames_;
      const auto now = Clock::now();
      yjs::each_run(heard.bytes, [&](std::uint64_t client, std::uint64_t clock, std::uint64_t n) {
        const Writer& writer = writers_.at(client - 1);
        if (sessions_[writer.session].get() == &s) return;  // the server's echo
        for (std::uint64_t i = clock; i < clock + n; ++i) {
          const auto due = writer.due.at(i);
          latencies_.add(now - due);
          const bool meanwhile = !returning_.empty() && due >= back_ &&
                                 (returned_ < options_.returning || due <= last_returned_);
          if (meanwhile) meanwhile_.add(now - due);
        }
        deliveries_ += n;
        last_ = now;
      });
    }
  }

  void write_until(Clock::time_point end) {
    const auto gap = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
        1 / (options_.rate * static_cast<double>(options_.documents))));
    for (auto next = start_; next < end;) {
      const auto now = Clock::now();
      for (; next <= now && next < end; next += gap) write(next);
      const bool half = options_.returning > 0 && now - start_ > (end - start_) / 2;
      if (half && returning_.empty()) come_back();
      wait(0);
    }
  }

  void write(Clock::time_point due) {
    Writer& writer = writers_[letters_++ % writers_.size()];
    Session& s = *sessions_[writer.session];
    const auto client = static_cast<std::uint64_t>(&writer - writers_.data()) + 1;
    s.socket.send(messages_[s.document].update(
        yjs::letter(client, writer.due.size(), static_cast<char>('a' + letters_ % 26))));
    writer.due.push_back(due);
    if (!s.socket.flush()) die("a socket was closed");
  }

  void report() {
    const double seconds = std::chrono::duration<double>(last_ - start_).count();
    std::printf("letters=%llu\ndeliveries=%llu\nframes=%llu\nmissing=%lld\nseconds=%.2f\n",
                static_cast<unsigned long long>(letters_),
                static_cast<unsigned long long>(deliveries_),
                static_cast<unsigned long long>(frames_),
                static_cast<long long>(due()) - static_cast<long long>(deliveries_), seconds);
    std::printf("per_second=%.0f\n", static_cast<double>(deliveries_) / seconds);
    std::printf("server_us=%.0f\n", static_cast<double>(server_ns_) / 1e3);
    latencies_.print("");
    if (options_.returning > 0) std::printf("returned=%zu\n", returned_);
    back_latencies_.print("returned_");
    meanwhile_.print("meanwhile_");
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto spent = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    std::printf("generator_cpu_s=%.2f\n", spent(usage.ru_utime) + spent(usage.ru_stime));
  }

  static constexpr std::uint64_t kReturning = std::uint64_t{1} << 40;

  const Options options_;
  std::vector<yjs::Messages> messages_;  // by document
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<Writer> writers_;  // client ids are their index + 1
  int epoll_ = -1;
  Clock::time_point start_, last_;
  std::uint64_t letters_ = 0, deliveries_ = 0, frames_ = 0, server_ns_ = 0;
  Latencies latencies_;

  std::vector<std::unique_ptr<Returning>> returning_;
  Clock::time_point back_, last_returned_;
  std::size_t returned_ = 0;
  Latencies back_latencies_, meanwhile_;
};

}  // namespace

int main(int argc, char** argv) {
  Load(parse(argc, argv)).run();
  return 0;
}
