#include "platform/storage/postgres_listener.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/check.h"
#include "platform/observability/log.h"
#include "platform/observability/quiet_thread.h"
#include "platform/storage/notice_board.h"
#include "platform/storage/notice_sender.h"
#include "platform/storage/postgres_error.h"
#include "platform/storage/postgres_transaction.h"

namespace ashlar::storage {
namespace {

constexpr base::Millis kFirstPause{100};
constexpr base::Millis kLongestPause{5000};

}  // namespace

PostgresListener::PostgresListener(std::string url, base::Seconds connect_timeout,
                                   const NoticeSender& sender, NoticeBoard& board, obs::Log& log,
                                   std::uint64_t seed)
    : url_(std::move(url)),
      connect_timeout_(connect_timeout),
      sender_(sender),
      board_(board),
      log_(log),
      random_(seed),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(stop_event_ >= 0);
}

PostgresListener::~PostgresListener() {
  CHECK(::eventfd_write(stop_event_, 1) == 0);
  if (thread_.joinable()) thread_.join();
  ::close(stop_event_);
}

base::Status PostgresListener::start() {
  ASHLAR_TRY(connect());
  thread_ = obs::start_quiet_thread("storage-listen", [this] { run(); });
  return base::ok_status();
}

base::Status PostgresListener::connect() {
  ASHLAR_ASSIGN(PostgresLink link, connect_postgres(url_, connect_timeout_));
  ASHLAR_TRY(execute_postgres(link.get(), std::string("LISTEN ") + kPostgresChannel));
  link_ = std::move(link);
  return base::ok_status();
}

void PostgresListener::run() {
  while (listen()) {
    log_.warn("storage: the connection that hears notices was lost; reconnecting");
    if (!reconnect()) return;
    board_.deliver_resync();
  }
}

// False: stop. True: the connection is lost.
bool PostgresListener::listen() {
  for (;;) {
    deliver_received();
    std::array<pollfd, 2> waiting{{{PQsocket(link_.get()), POLLIN, 0}, {stop_event_, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return true;
    if (waiting[1].revents != 0) return false;
    if (waiting[0].revents != 0 && PQconsumeInput(link_.get()) != 1) return true;
    if (PQstatus(link_.get()) != CONNECTION_OK) return true;
  }
}

void PostgresListener::deliver_received() {
  using Received = std::unique_ptr<PGnotify, void (*)(void*)>;
  for (;;) {
    const Received received(PQnotifies(link_.get()), &PQfreemem);
    if (received == nullptr) return;
    const auto notice = unpack_notice(received->extra);
    if (!notice.has_value() || notice->sender == sender_.name()) continue;
    board_.deliver(notice->channel, notice->payload);
  }
}

// False: stop.
bool PostgresListener::reconnect() {
  base::Millis pause = kFirstPause;
  for (;;) {
    const base::Status connected = connect();
    if (connected.ok()) return true;
    log_.warn("storage: cannot listen for notices", {{"detail", connected.error().detail}});
    const auto jittered =
        std::chrono::duration_cast<base::Millis>(pause * (0.5 + 0.5 * random_.unit()));
    if (stopped_within(jittered)) return false;
    pause = std::min(kLongestPause, pause * 2);
  }
}

bool PostgresListener::stopped_within(base::Millis pause) {
  pollfd waiting{stop_event_, POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(pause.count())) > 0;
}

}  // namespace ashlar::storage
