#include "platform/observability/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

#include "platform/observability/metrics.h"

namespace ashlar::obs {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> total_pages >> resident_pages)) return kUnknown;
  return static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_fds() {
  std::error_code error;
  std::filesystem::directory_iterator fd("/proc/self/fd", error);
  double count = -1;  // the listing itself holds one open
  while (!error && fd != std::filesystem::directory_iterator{}) {
    ++count;
    fd.increment(error);
  }
  return error ? kUnknown : count;
}

double cpu_seconds() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return kUnknown;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void register_process_metrics(Registry& metrics, std::string_view version) {
  metrics.make_gauge_callback("ashlar_process_resident_memory_bytes", "Resident memory.", {},
                              resident_bytes);
  metrics.make_gauge_callback("ashlar_process_open_fds", "Open file descriptors.", {}, open_fds);
  metrics.make_counter_callback("ashlar_process_cpu_seconds_total", "User and system CPU time.", {},
                                cpu_seconds);
  metrics
      .make_gauge("ashlar_build_info", "Always 1; the labels tell which build this is.",
                  {{"version", std::string(version)}})
      .set(1);
}

}  // namespace ashlar::obs
