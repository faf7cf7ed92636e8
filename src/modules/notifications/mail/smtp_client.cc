#include "modules/notifications/mail/smtp_client.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "modules/notifications/queued_provider.h"
#include "platform/net/loop_group.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/host_lookup.h"
#include "platform/outbound/public_address.h"
#include "platform/outbound/tls_client.h"

namespace ashlar::notifications {
namespace {

using Addresses = std::vector<outbound::SocketAddress>;

constexpr int kMaxReplays = 2;

struct Job {
  SmtpMail mail;
  base::Mono deadline{};
  SmtpClient::Done done;
  int replays = 0;
};

SendResult not_begun(std::string why) {
  SendResult result;
  result.verdict = Verdict::kRetry;
  result.detail = std::move(why);
  return result;
}

// The name was looked at when it was given; what it leads to now is looked at here.
base::Result<Addresses> public_ones(Addresses found) {
  std::erase_if(found, [](const auto& address) { return !outbound::is_public(*address.get()); });
  if (!found.empty()) return found;
  return base::fail(base::Code::kForbidden, "address_forbidden",
                    "address_forbidden: the name leads to no public address");
}

}  // namespace

struct SmtpClient::Impl final : SmtpConnection::Owner,
                                std::enable_shared_from_this<SmtpClient::Impl> {
  Impl(SmtpClientOptions given, net::LoopGroup& group, std::size_t index, obs::Registry& metrics);

  void add(Job job);
  void shut_down();

  // SmtpConnection::Owner
  void on_open(SmtpConnection& connection) override;
  void on_end(SmtpConnection& connection, const SendResult& result, bool stale) override;
  void on_lost(SmtpConnection& connection, const SendResult& result) override;

  void take_inbox();
  void give_back();
  void pump();
  void give(SmtpConnection& connection);
  void open_one();
  void tick();
  void tick_soon();
  void bury(SmtpConnection& connection);
  void fail_queue(const SendResult& result);
  [[nodiscard]] std::size_t opening() const;

  const SmtpClientOptions options;
  net::LoopGroup& loops;
  runtime::EventLoop& loop;
  obs::Gauge& open_connections;
  obs::Counter& connects;
  obs::Counter& connect_failures;
  obs::Counter& replays;
  const outbound::TlsClientContext tls;

  std::mutex mutex;        // guards what follows
  std::vector<Job> inbox;  // for take_inbox()
  bool closed = false;     // nothing is taken any more

  // The loop's own from here on.
  std::deque<Job> queue;
  std::vector<std::shared_ptr<SmtpConnection>> connections;
  std::unordered_map<SmtpConnection*, Job> running;     // without their mails
  std::vector<std::shared_ptr<SmtpConnection>> buried;  // until the loop is back
  base::Mono next_open{};
  const SmtpConnection* probing = nullptr;  // opened for a probe, and not ready yet
  base::Mono probing_until{};
  bool ticking = false;
  bool ended = false;
  outbound::HostLookup lookup;  // last: it calls the rest until it is gone
};

SmtpClient::Impl::Impl(SmtpClientOptions given, net::LoopGroup& group, std::size_t index,
                       obs::Registry& metrics)
    : options(std::move(given)),
      loops(group),
      loop(group.loop(index)),
      open_connections(metrics.make_gauge("ashlar_notifications_smtp_connections_open",
                                          "Connections to mail servers that are open.")),
      connects(metrics.make_counter("ashlar_notifications_smtp_connections_total",
                                    "Connections to mail servers that were begun.")),
      connect_failures(
          metrics.make_counter("ashlar_notifications_smtp_connect_failures_total",
                               "Connections to mail servers that never got ready for a mail.")),
      replays(metrics.make_counter(
          "ashlar_notifications_smtp_replays_total",
          "Mails begun again because a kept connection turned out to be closed.")),
      tls(outbound::TlsClientContext::Options{
          .ca_file = {}, .ca_pem = options.ca_pem, .verify = options.verify, .offer_http = false}),
      lookup({}) {}

// --- Queue ---------------------------------------------------------------------------------------

void SmtpClient::Impl::add(Job job) {
  bool first = false;
  {
    const std::lock_guard lock(mutex);
    if (!closed && inbox.size() < kMaxQueued) {
      first = inbox.empty();
      inbox.push_back(std::move(job));
      job.done = nullptr;
    }
  }
  if (job.done) return job.done(not_begun("too many mails wait for this server"));
  if (first) loop.post([self = shared_from_this()] { self->take_inbox(); });
}

void SmtpClient::Impl::take_inbox() {
  std::vector<Job> taken;
  {
    const std::lock_guard lock(mutex);
    taken.swap(inbox);
  }
  for (Job& job : taken) {
    if (ended || queue.size() >= kMaxQueued) {
      job.done(not_begun(ended ? "this provider is not used any more"
                               : "too many mails wait for this server"));
    } else if (job.mail.probe) {
      queue.push_front(std::move(job));
    } else {
      queue.push_back(std::move(job));
    }
  }
  pump();
}

void SmtpClient::Impl::give_back() {
  take_inbox();
  SendResult result = not_begun("the mail server says nothing; it was not begun");
  result.code = kGivenBack;
  fail_queue(result);
}

void SmtpClient::Impl::pump() {
  if (ended) return;
  for (const auto& connection : connections) {
    if (queue.empty()) break;
    if (connection->idle()) give(*connection);
  }
  const base::Mono now = loop.mono();
  const std::size_t before = connections.size();
  while (opening() < queue.size() && connections.size() < options.max_connections &&
         now >= next_open) {
    open_one();
  }
  const bool probes = !queue.empty() && queue.front().mail.probe;
  if (probes && probing == nullptr && connections.size() == before &&
      before <= options.max_connections && now >= next_open) {
    open_one();
    probing = connections.back().get();
    probing_until = now + kProbeOpens;
  }
  tick_soon();
}

std::size_t SmtpClient::Impl::opening() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections, [](const auto& c) { return !c->opened(); }));
}

void SmtpClient::Impl::give(SmtpConnection& connection) {
  Job job = std::move(queue.front());
  queue.pop_front();
  SmtpMail mail = std::move(job.mail);
  // Kept for a replay: only the first mail of a connection never is one.
  if (connection.mails() > 0) job.mail = mail;
  const base::Mono deadline = job.deadline;
  running.emplace(&connection, std::move(job));
  connection.begin(std::move(mail), deadline);
}

// --- Connections ---------------------------------------------------------------------------------

void SmtpClient::Impl::open_one() {
  connects.add();
  open_connections.add(1);
  const auto connection = std::make_shared<SmtpConnection>(options.endpoint, &tls, loop, *this);
  connections.push_back(connection);
  lookup.find(options.endpoint.host, options.endpoint.port,
              [weak = std::weak_ptr(connection), &on = loop,
               allow_private = options.allow_private](base::Result<Addresses> found) {
                if (found.ok() && !allow_private) found = public_ones(*std::move(found));
                on.post([weak, found = std::move(found)]() mutable {
                  const auto waiting = weak.lock();
                  if (!waiting || waiting->lost()) return;
                  if (!found.ok()) return waiting->give_up(found.error().detail);
                  waiting->open(std::move(found).value());
                });
              });
}

void SmtpClient::Impl::on_open(SmtpConnection& connection) {
  next_open = {};
  if (probing == &connection) probing = nullptr;
  if (queue.empty()) return;
  give(connection);
}

void SmtpClient::Impl::on_end(SmtpConnection& connection, const SendResult& result, bool stale) {
  auto node = running.extract(&connection);
  CHECK(!node.empty());
  Job job = std::move(node.mapped());
  if (stale && job.replays < kMaxReplays && !ended && loop.mono() < job.deadline) {
    replays.add();
    ++job.replays;
    queue.push_front(std::move(job));
    // What is as old as this one is as dead as this one.
    for (const auto& other : connections) {
      if (other->idle() && other.get() != &connection) other->quit();
    }
  } else {
    job.done(result);
  }
  if (connection.lost()) return;  // on_lost() comes next
  // One was a probe's.
  const bool beyond = connections.size() > options.max_connections;
  const auto others = std::ranges::count_if(connections, [](const auto& c) { return c->idle(); });
  if (connection.mails() >= options.mails_per_connection || (beyond && others > 1)) {
    connection.quit();
  } else if (!queue.empty() && connection.idle()) {
    give(connection);
  }
}

void SmtpClient::Impl::on_lost(SmtpConnection& connection, const SendResult& result) {
  const bool failed = !connection.opened() && !ended;
  bury(connection);
  if (failed) {
    connect_failures.add();
    const bool others =
        std::ranges::any_of(connections, [](const auto& c) { return c->opened() && !c->lost(); });
    if (others) {
      next_open = loop.mono() + kPause;
    } else {
      fail_queue(result);
    }
  }
  pump();
}

void SmtpClient::Impl::bury(SmtpConnection& connection) {
  const auto at =
      std::ranges::find_if(connections, [&](const auto& c) { return c.get() == &connection; });
  CHECK(at != connections.end());
  open_connections.add(-1);
  if (probing == &connection) probing = nullptr;
  if (buried.empty()) {
    loop.post([self = shared_from_this()] { self->buried.clear(); });
  }
  buried.push_back(std::move(*at));
  connections.erase(at);
}

void SmtpClient::Impl::fail_queue(const SendResult& result) {
  std::deque<Job> failed;
  failed.swap(queue);
  for (Job& job : failed) job.done(result);
}

// --- Time ----------------------------------------------------------------------------------------

void SmtpClient::Impl::tick_soon() {
  if (ticking || (connections.empty() && queue.empty())) return;
  ticking = true;
  loop.run_at(loop.mono() + kTick, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self) self->tick();
  });
}

void SmtpClient::Impl::tick() {
  ticking = false;
  const base::Mono now = loop.mono();
  std::vector<SmtpConnection*> all;
  all.reserve(connections.size());
  for (const auto& connection : connections) all.push_back(connection.get());
  // None of these is destroyed before the loop is back (buried).
  for (SmtpConnection* connection : all) {
    if (connection->idle() && now - connection->idle_since() >= options.idle_timeout) {
      connection->quit();
    } else if (connection == probing && now >= probing_until) {
      connection->give_up("a new connection is not greeted");
    } else {
      connection->expire(now);
    }
  }
  std::deque<Job> left;
  std::deque<Job> late;
  for (Job& job : queue) (job.deadline <= now ? late : left).push_back(std::move(job));
  queue.swap(left);
  for (Job& job : late) job.done(not_begun("no connection to the mail server in time"));
  pump();
}

void SmtpClient::Impl::shut_down() {
  ended = true;
  take_inbox();
  fail_queue(not_begun("this provider is not used any more"));
  std::vector<SmtpConnection*> all;
  for (const auto& connection : connections) all.push_back(connection.get());
  for (SmtpConnection* connection : all) connection->end_now();
  buried.clear();
}

SmtpClient::SmtpClient(SmtpClientOptions options, net::LoopGroup& loops, std::size_t loop,
                       obs::Registry& metrics)
    : impl_(std::make_shared<Impl>(std::move(options), loops, loop, metrics)) {}

SmtpClient::~SmtpClient() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closed = true;
  }
  if (!impl_->loops.running()) {
    impl_->shut_down();
    return;
  }
  impl_->loop.post([impl = impl_] { impl->shut_down(); });
}

void SmtpClient::give_back() {
  impl_->loop.post([weak = std::weak_ptr(impl_)] {
    if (const auto impl = weak.lock()) impl->give_back();
  });
}

void SmtpClient::send(SmtpMail mail, base::Mono deadline, Done done) {
  impl_->add({.mail = std::move(mail),
              .deadline = deadline - 2 * kTick,
              .done = std::move(done),
              .replays = 0});
}

}  // namespace ashlar::notifications
