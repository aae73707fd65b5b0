print("wherehouse")
