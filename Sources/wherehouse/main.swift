import CommandLineTool

await Wherehouse.main()
