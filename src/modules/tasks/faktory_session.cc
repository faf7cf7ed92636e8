#include "modules/tasks/faktory_session.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "base/encoding.h"
#include "base/entropy.h"
#include "base/text.h"
#include "platform/observability/metrics.h"
#include "platform/redis/resp_writer.h"
#include "platform/runtime/worker_pool.h"
#include "platform/security/digest.h"

namespace ashlar::tasks {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::array<std::string_view, 6> kNotOffered{"FLUSH", "QUEUE", "MUTATE",
                                                      "BATCH", "TRACK", "PUSHT"};

using Reply = std::string;

redis::ReplyWriter writer_of(std::string& out) { return {out, 2}; }

Reply ok_reply() { return "+OK\r\n"; }

Reply bulk_reply(std::string_view text) {
  Reply reply;
  writer_of(reply).bulk(text);
  return reply;
}

Reply none_reply() {
  Reply reply;
  writer_of(reply).nil();
  return reply;
}

// "-MALFORMED …" and "-ERR …" are Faktory's; what we have besides has its reason in front.
Reply error_reply(const base::Error& error) {
  const std::string_view reason = error.reason;
  Reply reply;
  writer_of(reply).error(reason == "faktory_malformed"
                             ? "MALFORMED " + error.detail
                             : "ERR " + std::string(reason) + ": " + error.detail);
  return reply;
}

Reply reply_of(const base::Status& status) {
  return status.ok() ? ok_reply() : error_reply(status.error());
}

Reply reply_of(const base::Result<std::string>& json) {
  return json.ok() ? bulk_reply(*json) : error_reply(json.error());
}

base::Error overloaded() {
  return base::fail(base::Code::kUnavailable, "overloaded", "no worker is free; try again");
}

bool is_unknown(const base::Error& error) {
  return error.code == base::Code::kUnauthenticated || error.code == base::Code::kForbidden;
}

}  // namespace

FaktoryService::FaktoryService(FaktoryJobs& faktory_jobs, FaktoryAuth& accounts,
                               runtime::WorkerPool& pool, base::Entropy& chance,
                               obs::Registry& metrics)
    : jobs(faktory_jobs),
      auth(accounts),
      workers(pool),
      entropy(chance),
      commands(metrics.make_counter("ashlar_tasks_faktory_commands_total",
                                    "Commands of Faktory's protocol.")),
      errors(metrics.make_counter("ashlar_tasks_faktory_errors_total",
                                  "Of them those that were answered with an error.")) {}

// `session` belongs to the loop's thread; `wanted` may be asked by any.
struct FaktorySession::Link {
  Link(FaktorySession* of, runtime::EventLoop& its_loop) : session(of), loop(its_loop) {}

  FaktorySession* session;  // null: it is gone
  runtime::EventLoop& loop;
  std::atomic<bool> wanted{true};

  static void answer(const std::shared_ptr<Link>& link, Reply reply) {
    link->loop.post([link, text = std::move(reply)] {
      if (link->session != nullptr) link->session->answer(text);
    });
  }
};

FaktorySession::FaktorySession(net::Stream& stream, FaktoryService& service)
    : stream_(stream),
      service_(service),
      salt_(base::hex_encode(security::random_bytes(service.entropy, kSaltBytes))),
      link_(std::make_shared<Link>(this, stream.loop())) {
  writer_of(ready_).simple(faktory_greeting(salt_));
  stream_.flush();
}

FaktorySession::~FaktorySession() {
  link_->wanted.store(false);
  link_->session = nullptr;
}

void FaktorySession::on_end() { link_->wanted.store(false); }

// --- In and out ----------------------------------------------------------------------------------

std::size_t FaktorySession::on_input(std::string_view input, std::string& output) {
  std::size_t taken = 0;
  while (!busy_ && !finished_) {
    if (client_ && stream_.loop().mono() >= recheck_at_) {
      recheck();
      break;
    }
    const std::string_view rest = input.substr(taken);
    const std::size_t end = rest.find('\n', scanned_);
    if (end == rest.npos) {
      scanned_ = rest.size();
      if (rest.size() < kMaxLineBytes) break;
      say_error("ERR a command has at most 4 MiB");
      close();
      break;
    }
    scanned_ = 0;
    taken += end + 1;
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) run(line);
  }
  fill_output(output);
  return finished_ ? input.size() : taken;
}

void FaktorySession::fill_output(std::string& output) {
  output += ready_;
  ready_.clear();
}

void FaktorySession::answer(const Reply& reply) {
  busy_ = false;
  if (reply.starts_with('-')) service_.errors.add();
  ready_ += reply;
  stream_.flush();
}

void FaktorySession::say_error(std::string_view text) {
  service_.errors.add();
  writer_of(ready_).error(text);
}

void FaktorySession::close() {
  finished_ = true;
  stream_.finish();
}

void FaktorySession::submit(std::function<Reply(FaktoryService&, const FaktoryClient&)> work) {
  busy_ = true;
  const bool taken = service_.workers.submit(
      {.run = [&service = service_, client = *client_, link = link_,
               work = std::move(work)] { Link::answer(link, work(service, client)); },
       .expired = [link = link_] { Link::answer(link, error_reply(overloaded())); },
       .deadline = stream_.loop().mono() + kPatience});
  if (!taken) answer(error_reply(overloaded()));
}

// --- Commands ------------------------------------------------------------------------------------

void FaktorySession::run(std::string_view line) {
  const FaktoryLine command = split_faktory_line(line);
  service_.commands.add();
  const auto is = [&](std::string_view verb) { return base::ascii_iequals(command.verb, verb); };
  if (is("END")) return close();
  if (is("HELLO")) return hello(command.argument);
  if (!client_) {
    say_error("ERR HELLO comes first");
    return close();
  }
  std::string argument(command.argument);
  if (is("FETCH")) return fetch(argument);
  if (is("BEAT")) return answer(ok_reply());
  if (is("PUSH")) {
    return submit([argument](FaktoryService& service, const FaktoryClient& client) {
      return reply_of(service.jobs.push(client, argument));
    });
  }
  if (is("PUSHB")) {
    return submit([argument](FaktoryService& service, const FaktoryClient& client) {
      return reply_of(service.jobs.push_many(client, argument));
    });
  }
  if (is("ACK")) {
    return submit([argument](FaktoryService& service, const FaktoryClient& client) {
      return reply_of(service.jobs.ack(client, argument));
    });
  }
  if (is("FAIL")) {
    return submit([argument](FaktoryService& service, const FaktoryClient& client) {
      return reply_of(service.jobs.fail(client, argument));
    });
  }
  if (is("INFO")) {
    return submit([](FaktoryService& service, const FaktoryClient& client) {
      return reply_of(service.jobs.info(client));
    });
  }
  const bool known = std::ranges::any_of(kNotOffered, is);
  say_error(known ? "ERR this command is not offered here" : "ERR unknown command");
}

void FaktorySession::hello(std::string_view argument) {
  const auto hello = parse_faktory_hello(argument);
  if (client_ || !hello.ok()) {
    ready_ += error_reply(client_ ? base::fail(base::Code::kInvalid, "again", "HELLO was said")
                                  : hello.error());
    service_.errors.add();
    return close();
  }
  proof_ = {salt_, kFaktoryIterations, hello->pwdhash};
  client_ = FaktoryClient{{}, hello->wid, hello->hostname};
  recheck();
}

// Also the first time. What could not be asked changes nothing, but the first time.
void FaktorySession::recheck() {
  busy_ = true;
  const bool first = recheck_at_ == base::Mono{};
  const base::Mono deadline = stream_.loop().mono() + kPatience;
  const auto judged = [link = link_, first](base::Result<base::TenantId> owner) {
    link->loop.post([link, first, owner = std::move(owner)] {
      if (link->session == nullptr) return;
      FaktorySession& session = *link->session;
      session.recheck_at_ = session.stream_.loop().mono() + kRecheck;
      if (owner.ok()) session.client_->tenant = *owner;
      if (owner.ok() || (!first && !is_unknown(owner.error()))) {
        return session.answer(first ? ok_reply() : Reply());
      }
      session.answer(error_reply(owner.error()));
      session.close();
    });
  };
  const bool taken = service_.workers.submit(
      {.run = [&service = service_, proof = proof_, deadline,
               judged] { judged(service.auth.authenticate(proof, deadline)); },
       .expired = [judged] { judged(overloaded()); },
       .deadline = deadline});
  if (!taken) judged(overloaded());
}

void FaktorySession::fetch(std::string_view argument) {
  auto queues = parse_faktory_queues(argument);
  if (!queues.ok()) return answer(error_reply(queues.error()));
  FaktoryJobs::Fetch asked{std::move(*queues), 0, stream_.loop().mono() + FaktoryJobs::kFetchWait};
  busy_ = true;
  // Leased: told to the connection, or given to another where that has gone.
  const auto deliver = [&service = service_, client = *client_,
                        link = link_](const LeasedTask& task) {
    if (!link->wanted.load()) return service.jobs.give_back(client, task);
    Link::answer(link, reply_of(service.jobs.deliver(client, task)));
  };
  const base::Mono deadline = asked.until + kPatience;
  const auto later = [&service = service_, link = link_, deliver,
                      deadline](std::optional<LeasedTask> task) {
    if (!task) return Link::answer(link, none_reply());
    const auto shared = std::make_shared<LeasedTask>(std::move(*task));
    const auto run = [deliver, shared] { deliver(*shared); };
    // One that cannot be told comes again when its first, short lease is over.
    const auto lost = [link] { Link::answer(link, none_reply()); };
    if (!service.workers.submit({.run = run, .expired = lost, .deadline = deadline})) {
      lost();
    }
  };
  const auto begin = [&service = service_, client = *client_, link = link_, asked, deliver,
                      later]() mutable {
    auto task = service.jobs.fetch(client, asked);
    if (!task.ok()) return Link::answer(link, error_reply(task.error()));
    if (*task) return deliver(**task);
    service.jobs.fetch_later(client, asked, [link] { return link->wanted.load(); }, later);
  };
  const bool taken = service_.workers.submit(
      {.run = begin,
       .expired = [link = link_] { Link::answer(link, error_reply(overloaded())); },
       .deadline = deadline});
  if (!taken) answer(error_reply(overloaded()));
}

}  // namespace ashlar::tasks
