#pragma once
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "proto/ng/value.hpp"

namespace ue {

/// What a command tells its user. With JSON every event is one object on a line of stdout, flushed; otherwise
/// what was said goes to stdout and everything about it to stderr.
class Output {
 public:
  /// The input line that is being typed must be put aside while something is printed.
  class Screen {
   public:
    virtual void hide() = 0;
    virtual void show() = 0;

   protected:
    ~Screen() = default;
  };

  Output(bool json, std::FILE* out, std::FILE* err) : json_(json), out_(out), err_(err) {}

  /// `name` becomes the key "event". `said`: the line for people, on stdout; empty: none.
  void say(std::string_view name, ng::Dictionary fields, std::string_view said);
  /// The same on stderr.
  void note(std::string_view name, ng::Dictionary fields, std::string_view text);
  void error(std::string_view text);
  /// A line on stderr for people only.
  void line(std::string_view text);
  /// May be null. Must outlive the output or be taken away.
  void set_screen(Screen* screen) noexcept { screen_ = screen; }
  bool json() const noexcept { return json_; }
  std::FILE* err() const noexcept { return err_; }

 private:
  void print(std::FILE* where, std::string_view text);
  void print_json(std::string_view name, ng::Dictionary fields);

  bool json_;
  std::FILE* out_;
  std::FILE* err_;
  Screen* screen_ = nullptr;
};

/// A bar that grows on a terminal, or a line for each tenth elsewhere.
class ProgressBar {
 public:
  /// `label`: what is being transferred.
  ProgressBar(std::FILE* err, std::string label, std::uint64_t total, base::Time begin);
  void update(std::uint64_t done, base::Time now);
  /// The last state stays on the screen.
  void finish();

 private:
  void draw(std::uint64_t done, base::Time now);

  std::FILE* err_;
  std::string label_;
  std::uint64_t total_;
  base::Time begin_;
  bool terminal_;
  bool drawn_ = false;
  unsigned tenths_ = 0;
};

/// A peer's text as it may go to a terminal: no control characters but line ends (indented) and tabs.
std::string screen_text(std::string_view text);
/// "12.3 MiB".
std::string human_octets(double octets);

}  // namespace ue
