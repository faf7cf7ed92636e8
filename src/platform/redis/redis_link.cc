#include "platform/redis/redis_link.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/entropy.h"
#include "platform/observability/log.h"
#include "platform/redis/key_slot.h"
#include "platform/redis/link_metrics.h"
#include "platform/redis/node_link.h"
#include "platform/redis/redis_script.h"
#include "platform/redis/resp_writer.h"
#include "platform/redis/slot_map.h"

namespace ashlar::redis {
namespace {

using base::Code;
using base::fail;
using Command = NodeLink::Command;

constexpr base::Millis kRefreshPause{1'000};
constexpr base::Millis kRefreshDeadline{1'000};
constexpr std::size_t kSpare = 256;  // commands kept to be used again

}  // namespace

struct RedisLink::Impl final : NodeLink::Owner {
  Impl(const RedisLinkOptions& opts, runtime::EventLoop& on, base::Entropy& entropy,
       obs::Registry& registry, obs::Log& to)
      : options(opts),
        loop(on),
        log(to),
        metrics(registry),
        random(entropy.u64()),
        timer(on, [this] { refresh(); }),
        seed(options.address, true, options, loop, *this, random.next(), metrics, log) {
    owners.fill(nullptr);
    seed.start();
  }

  // --- Commands ---
  Command make() {
    if (spare.empty()) return std::make_unique<PendingCommand>();
    Command command = std::move(spare.back());
    spare.pop_back();
    return command;
  }
  void keep(Command command) {
    if (spare.size() >= kSpare) return;
    command->wire.clear();
    command->script = nullptr;
    command->asking = false;
    command->sends = 0;
    command->ticket.reset();
    command->done = nullptr;
    spare.push_back(std::move(command));
  }
  void send(Command command) {
    NodeLink* node = node_of(command->keyed, command->slot);
    if (node == nullptr) {
      ask_for_map();
      metrics.refused.add();
      return on_failed(std::move(command),
                       fail(Code::kUnavailable, "redis_unreachable", "no server has this slot"));
    }
    ++command->sends;
    node->send(std::move(command));
  }
  NodeLink* node_of(bool keyed, std::uint16_t slot) {
    if (!cluster) return &seed;
    if (keyed) return owners[slot];
    for (const auto& [name, node] : nodes) {
      if (node->up()) return node.get();
    }
    return &seed;
  }

  // --- What nodes say ---
  void on_reply(NodeLink& node, Command command, const Reply& reply) override {
    if (reply.is_error() && command->sends < kMaxSends && send_again(node, command, reply.text())) {
      return;
    }
    if (reply.is_error() && reply.text().starts_with("CLUSTERDOWN")) ask_for_map();
    (reply.is_error() ? metrics.errors : metrics.answered).add();
    const auto took = std::chrono::duration<double>(loop.mono() - command->sent_at);
    metrics.seconds.observe(took.count());
    const Done done = std::move(command->done);
    keep(std::move(command));
    done(reply);
  }
  void on_failed(Command command, const base::Error& error) override {
    const Done done = std::move(command->done);
    keep(std::move(command));
    done(error);
  }
  base::Status on_slots(NodeLink& node, const std::optional<Reply>& slots) override {
    if (!slots) {
      cluster = false;
      return base::ok_status();
    }
    return take_map(node, *slots);
  }
  void on_lost(NodeLink& node) override {
    static_cast<void>(node);
    if (cluster) ask_for_map();
  }

  // True: the command is on its way again, or has been given up.
  bool send_again(NodeLink& node, Command& command, std::string_view error) {
    if (error.starts_with("NOSCRIPT") && command->script != nullptr) {
      use_body(*command);
      ++command->sends;
      node.send(std::move(command));
      return true;
    }
    const auto redirect = parse_redirect(error, node.address().host);
    if (!redirect) return false;
    NodeLink* to = node_at(redirect->host, redirect->port);
    if (to == nullptr) return false;
    metrics.redirects.add();
    command->asking = redirect->ask;
    if (!redirect->ask) {
      owners[redirect->slot] = to;
      ask_for_map();
    }
    ++command->sends;
    to->send(std::move(command));
    return true;
  }
  static void use_body(PendingCommand& command) {
    std::string wire;
    append_resp_number(wire, '*', command.words);
    append_resp_bulk(wire, "EVAL");
    append_resp_bulk(wire, command.script->body());
    wire.append(command.wire, command.tail_at);
    command.wire = std::move(wire);
    command.script = nullptr;
  }

  // --- The cluster's map ---
  NodeLink* node_at(const std::string& host, std::uint16_t port) {
    const std::string name = host + ":" + std::to_string(port);
    if (const auto found = nodes.find(name); found != nodes.end()) return found->second.get();
    if (nodes.size() >= kMaxNodes) return nullptr;
    RedisAddress address = options.address;
    address.host = host;
    address.port = port;
    address.cluster = true;
    auto node = std::make_unique<NodeLink>(std::move(address), false, options, loop, *this,
                                           random.next(), metrics, log);
    return nodes.emplace(name, std::move(node)).first->second.get();
  }
  base::Status take_map(const NodeLink& from, const Reply& reply) {
    ASHLAR_ASSIGN(const std::vector<SlotRange> ranges, parse_slots(reply, from.address().host));
    cluster = true;
    owners.fill(nullptr);
    for (const SlotRange& range : ranges) {
      NodeLink* node = node_at(range.host, range.port);
      if (node == nullptr) continue;
      node->start();
      std::fill(owners.begin() + range.first, owners.begin() + range.last + 1, node);
    }
    return base::ok_status();
  }
  // Soon, and at most once in kRefreshPause.
  void ask_for_map() {
    if (map_wanted) return;
    map_wanted = true;
    timer.wake_by(std::max(loop.mono(), next_refresh));
  }
  void refresh() {
    if (!map_wanted) return;
    if (loop.mono() < next_refresh) return timer.wake_by(next_refresh);
    map_wanted = false;
    next_refresh = loop.mono() + kRefreshPause;
    drop_unused();
    NodeLink* node = node_of(false, 0);
    // Where nobody can be asked, the seed asks as soon as it is up.
    if (!node->up()) return;
    Command command = make();
    command->wire = "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n";
    command->deadline = loop.mono() + kRefreshDeadline;
    command->done = [this, node](const base::Result<Reply>& reply) {
      if (!reply.ok() || !take_map(*node, *reply).ok()) ask_for_map();
      for (const NodeLink* other : named()) {
        if (!other->up()) ask_for_map();
      }
    };
    node->send(std::move(command));
  }
  // Nodes that the map does not name: within no call of theirs, since this is the timer's.
  void drop_unused() {
    const std::set<const NodeLink*> used = named();
    std::erase_if(nodes, [&](const auto& item) {
      return !used.contains(item.second.get()) && !item.second->busy();
    });
  }
  std::set<const NodeLink*> named() const {
    std::set<const NodeLink*> out;
    const NodeLink* last = nullptr;
    for (const NodeLink* owner : owners) {
      if (owner != last && owner != nullptr) out.insert(owner);
      last = owner;
    }
    return out;
  }

  const RedisLinkOptions options;
  runtime::EventLoop& loop;
  obs::Log& log;
  LinkMetrics metrics;
  base::Random random;
  LoopTimer timer;
  std::vector<Command> spare;
  bool cluster = false;
  bool map_wanted = false;
  base::Mono next_refresh{};
  std::array<NodeLink*, kSlots> owners{};
  NodeLink seed;
  std::map<std::string, std::unique_ptr<NodeLink>> nodes;
};

RedisLink::RedisLink(const RedisLinkOptions& options, runtime::EventLoop& loop,
                     base::Entropy& entropy, obs::Registry& metrics, obs::Log& log)
    : impl_(std::make_unique<Impl>(options, loop, entropy, metrics, log)) {}

RedisLink::~RedisLink() = default;

void RedisLink::send(std::span<const std::string_view> words, std::string_view key,
                     base::Mono deadline, Done done) {
  Command command = impl_->make();
  append_command(command->wire, words);
  command->keyed = !key.empty();
  command->slot = impl_->cluster && command->keyed ? key_slot(key) : std::uint16_t{0};
  command->deadline = deadline;
  command->done = std::move(done);
  impl_->send(std::move(command));
}

void RedisLink::run(const RedisScript& script, std::span<const std::string_view> keys,
                    std::span<const std::string_view> arguments, base::Mono deadline, Done done) {
  CHECK(!keys.empty());
  Command command = impl_->make();
  std::string& wire = command->wire;
  command->script = &script;
  command->words = 3 + keys.size() + arguments.size();
  append_resp_number(wire, '*', command->words);
  append_resp_bulk(wire, "EVALSHA");
  append_resp_bulk(wire, script.sha());
  command->tail_at = wire.size();
  append_resp_bulk(wire, std::to_string(keys.size()));
  for (const std::string_view key : keys) append_resp_bulk(wire, key);
  for (const std::string_view argument : arguments) append_resp_bulk(wire, argument);
  command->keyed = true;
  command->slot = impl_->cluster ? key_slot(keys.front()) : std::uint16_t{0};
  command->deadline = deadline;
  command->done = std::move(done);
  impl_->send(std::move(command));
}

bool RedisLink::up() const {
  if (!impl_->cluster) return impl_->seed.takes_commands();
  return std::ranges::any_of(impl_->nodes,
                             [](const auto& item) { return item.second->takes_commands(); });
}

bool RedisLink::is_cluster() const { return impl_->cluster; }

}  // namespace ashlar::redis
