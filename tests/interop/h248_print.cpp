// Our codec for tests in other languages. Frames are four octets of length, the most significant first, and
// so many octets.
//   h248_print pretty|compact [bare]       each frame of stdin is a message; for each a frame: '+' and the
//   message printed, or
//                                          '-' and why not. "bare" is PrintOptions::bare_empty_signals
//   h248_print time pretty|compact ROUNDS  each frame of stdin is parsed and printed so often; for each the
//   nanoseconds in all
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "proto/h248/codec.hpp"

namespace {

bool read_frame(std::istream& in, std::string& frame) {
  std::uint8_t head[4];
  if (!in.read(reinterpret_cast<char*>(head), sizeof head)) return false;
  const std::size_t size = std::size_t{head[0]} << 24 | std::size_t{head[1]} << 16 |
                           std::size_t{head[2]} << 8 | std::size_t{head[3]};
  frame.resize(size);
  return bool(in.read(frame.data(), static_cast<std::streamsize>(size)));
}

void write_frame(std::ostream& out, const std::string& frame) {
  for (int shift = 24; shift >= 0; shift -= 8) out.put(static_cast<char>(frame.size() >> shift));
  out << frame << std::flush;
}

std::string printed(const std::string& text, const h248::PrintOptions& options) {
  const auto message = h248::parse(text);
  return message ? "+" + h248::print(*message, options) : "-" + to_string(message.error());
}

std::int64_t processor_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::string timed(const std::string& text, const h248::PrintOptions& options, int rounds) {
  std::size_t octets = 0;
  const auto began = processor_time();
  for (int i = 0; i < rounds; ++i) octets += printed(text, options).size();
  return std::to_string(octets == 0 ? 0 : processor_time() - began);
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string_view> words(arguments + 1, arguments + count);
  const bool timing = words.size() == 3 && words[0] == "time";
  const int rounds = timing ? std::stoi(std::string(words[2])) : 0;
  if (timing) words = {words[1]};
  if (words.empty() || (words[0] != "pretty" && words[0] != "compact")) {
    std::cerr << "usage: h248_print pretty|compact [bare] | h248_print time pretty|compact ROUNDS\n";
    return 2;
  }
  const h248::PrintOptions options{words[0] == "pretty" ? h248::Form::pretty : h248::Form::compact,
                                   words.size() == 2 && words[1] == "bare"};
  for (std::string frame; read_frame(std::cin, frame);)
    write_frame(std::cout, timing ? timed(frame, options, rounds) : printed(frame, options));
}
