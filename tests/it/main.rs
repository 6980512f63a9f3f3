//! One binary for all integration tests: it links once.

mod bad_input;
mod browser;
mod cards;
mod cases;
mod ci;
mod desk;
mod docs;
mod external;
mod faults;
mod fuzz;
mod gallery;
mod harness;
mod house;
mod incremental;
mod networks;
mod posting;
mod providers;
mod publish;
mod serve;
mod servers;
mod share;
mod vectors;
