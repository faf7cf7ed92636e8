// PowerCutVfs: a file system under SQLite whose power can be cut.
//
// It writes through to the real one and beside that remembers, for each file, what has surely
// reached the disk (all that was written before the last sync) and what was written since. image()
// gives the disk as it may be found after a cut at this moment: of the writes since the last sync
// some are there, some are not, and one may be there in part. SIGKILL cannot show this: the kernel
// keeps what a dead process wrote.
//
// One instance for one database at a time; any thread. Registered with SQLite for its life, under
// name().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace ashlar::storage {

enum class Syncs : std::uint8_t {
  kWork,
  kFail,  // an error of the disk
  kLie,   // say yes and do nothing: the control, which must lose data
};

class PowerCutVfs {
 public:
  explicit PowerCutVfs(std::string name);
  ~PowerCutVfs();
  PowerCutVfs(const PowerCutVfs&) = delete;
  PowerCutVfs& operator=(const PowerCutVfs&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  void set_syncs(Syncs syncs);
  // A full disk refuses what makes a file longer.
  void set_full(bool full);
  // File name (without directory) to bytes. The same seed and writes give the same image.
  [[nodiscard]] std::map<std::string, std::string> image(std::uint64_t seed) const;

  struct Impl;

 private:
  std::string name_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::storage
