"""The WeChat doors: customer-service messages of a mini-program, and the robot of Enterprise WeChat."""
